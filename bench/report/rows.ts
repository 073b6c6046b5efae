import { type FigureName, figureNames, figures } from './figures.ts';
import type { Result } from './result.ts';

/** The first row names the columns. */
export type Rows = readonly (readonly string[])[];

/** The results of one case, a row for each system, with the ratio to Confer beside each figure. */
export function rowsOf(results: readonly Result[]): Rows {
  const confer = results.find(({ system }) => system === 'confer');
  const names = figureNames.filter((name) =>
    results.some((result) => result.figures[name] !== undefined),
  );
  const hasKept = results.some(({ kept }) => kept !== '');
  const head = [
    '',
    ...(hasKept ? ['writes'] : []),
    ...names.flatMap((name) => [titleOf(name), '×']),
    'server, load busy',
  ];
  const rows = results.map((result) => [
    result.system,
    ...(hasKept ? [result.kept] : []),
    ...names.flatMap((name) => [
      numberText(result.figures[name], result.isLowerBound && isRate(name)),
      ratioText(result.figures[name], confer?.figures[name]),
    ]),
    `${percent(result.busy.server)}, ${percent(result.busy.load)}`,
  ]);
  return [head, ...rows];
}

function titleOf(name: FigureName): string {
  const { title, unit } = figures[name];
  return unit === '' ? title : `${title}, ${unit}`;
}

/** What a generator that is at its end holds down. CPU for each of something it does not. */
function isRate(name: FigureName): boolean {
  return figures[name].unit === '/s';
}

/** Three digits that count. */
export function numberText(figure: number | undefined, isLowerBound = false): string {
  if (figure === undefined) return '-';
  const text =
    figure >= 1_000
      ? Math.round(figure).toLocaleString('en')
      : String(Number(figure.toPrecision(3)));
  return isLowerBound ? `≥ ${text}` : text;
}

function ratioText(figure: number | undefined, confer: number | undefined): string {
  if (figure === undefined || confer === undefined || confer === 0) return '';
  return Number((figure / confer).toPrecision(figure > 10 * confer ? 3 : 2)).toString();
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
