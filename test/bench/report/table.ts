import { type FigureName, figures } from './figures.ts';
import type { Result } from './result.ts';

/** The results of one case, a line for each system, with the ratio to Confer beside each figure. */
export function tableOf(results: readonly Result[]): string {
  const confer = results.find(({ system }) => system === 'confer');
  const names = namesIn(results);
  const rows = results.map((result) => [
    result.system,
    result.kept,
    ...names.flatMap((name) => [
      `${result.isLowerBound ? '>= ' : ''}${number(result.figures[name])}`,
      ratio(result.figures[name], confer?.figures[name]),
    ]),
    `${percent(result.busy.server)} / ${percent(result.busy.load)}`,
  ]);
  const head = [
    '',
    '',
    ...names.flatMap((name) => [`${figures[name].title}, ${figures[name].unit}`, 'x']),
    'server / load busy',
  ];
  return aligned([head, ...rows]);
}

function namesIn(results: readonly Result[]): FigureName[] {
  const known = Object.keys(figures) as FigureName[];
  return known.filter((name) => results.some((result) => result.figures[name] !== undefined));
}

/** Three digits that count. */
function number(figure: number | undefined): string {
  if (figure === undefined) return '-';
  if (figure >= 1_000) return Math.round(figure).toLocaleString('en');
  return String(Number(figure.toPrecision(3)));
}

function ratio(figure: number | undefined, confer: number | undefined): string {
  if (figure === undefined || confer === undefined) return '';
  return (figure / confer).toFixed(2);
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

function aligned(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0))) ?? [];
  return rows
    .map((row) =>
      row
        .map((cell, i) => (i < 2 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
        .join('  '),
    )
    .join('\n');
}
