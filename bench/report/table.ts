import type { Rows } from './rows.ts';

/** For a terminal. Columns of figures are on the right side of theirs. */
export function asText(rows: Rows): string {
  const widths = rows[0]?.map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0))) ?? [];
  return rows
    .map((row) =>
      row
        .map((cell, i) =>
          isText(rows, i) ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

export function asMarkdown(rows: Rows): string {
  const [head = [], ...body] = rows;
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rule = `|${head.map((_, i) => (isText(rows, i) ? '---' : '--:')).join('|')}|`;
  return [line(head), rule, ...body.map(line)].join('\n');
}

/** The first column, and the one that says what became of the writes. */
function isText(rows: Rows, column: number): boolean {
  return column === 0 || rows[0]?.[column] === 'writes';
}
