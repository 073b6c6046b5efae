import { describe, expect, it } from 'vitest';
import { allSources, parse, readText, type Source } from './source.ts';
import { titlesOf } from './titles.ts';

const PAGE = 'docs/cluster.md';
const HEADING = '## What happens when something fails';
const TESTS = 'test/cluster/failures/';

/** What fails, by the first column of the table below a heading. */
function rowsOf(page: string): string[] {
  const section = page.slice(page.indexOf(HEADING)).split('\n#')[0] ?? '';
  const lines = section.split('\n').filter((line) => line.startsWith('|'));
  return lines.slice(2).map((line) => line.split('|')[1]?.trim() ?? '');
}

/** A title begins with its promises, and then says which row it holds: `W3 S4 a gateway is killed: ...`. */
function failureProblems(rows: readonly string[], sources: readonly Source[]): string[] {
  const titled = sources.flatMap(titlesOf).flatMap(({ chain, title }) => {
    const words = title.replace(/^([WS]\d+ )+/, '');
    // What runs in the long mode alone may add to a row, and does not hold it.
    return title !== '' && /^it\b/.test(chain)
      ? [{ words, isAlways: !/\.(skipIf|runIf)$/.test(chain) }]
      : [];
  });
  const isOf = (words: string, row: string) =>
    words.startsWith(row) && !/^\w/.test(words.slice(row.length));
  const untested = rows.filter(
    (row) => !titled.some(({ words, isAlways }) => isAlways && isOf(words, row)),
  );
  const strange = titled.filter(({ words }) => !rows.some((row) => isOf(words, row)));
  return [
    ...untested.map((row) => `no test in ${TESTS} begins with: ${row}`),
    ...strange.map(({ words }) => `no row of ${PAGE} is what this begins with: ${words}`),
  ];
}

describe('what happens when something fails', () => {
  it('is a test for each row of the page, and each of these tests is of a row', () => {
    const rows = rowsOf(readText(PAGE));
    expect(rows.length).toBeGreaterThan(10);
    const sources = allSources().filter(({ path }) => path.startsWith(TESTS));
    expect(failureProblems(rows, sources)).toEqual([]);
  });

  it.each<[string, string, string[]]>([
    [
      'has no test',
      "it('S1 the leader: waits', run)",
      ['no test in test/cluster/failures/ begins with: a member'],
    ],
    [
      'runs in the long mode alone',
      "it('the leader: x', run); it.skipIf(a)('S1 a member: x (b)', run)",
      ['no test in test/cluster/failures/ begins with: a member'],
    ],
    [
      'has another one’s',
      "it('S1 the leader', run); it('a member: x', run); it('W1 nothing', run)",
      ['no row of docs/cluster.md is what this begins with: nothing'],
    ],
  ])('would be seen where a row %s', (_, code, problems) => {
    const page = `# A\n\n${HEADING}\n\n| what | who |\n|---|---|\n| the leader | x |\n| a member | y |\n\n## B\n| z |`;
    expect(rowsOf(page)).toEqual(['the leader', 'a member']);
    expect(failureProblems(rowsOf(page), [parse(`${TESTS}a.test.ts`, code)])).toEqual(problems);
  });
});
