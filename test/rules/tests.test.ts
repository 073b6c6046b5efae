import { describe, expect, it } from 'vitest';
import { allSources, parse, placeOf, type Source } from './source.ts';
import { titlesOf } from './titles.ts';

/** The contract with users, by number. PROTOCOL.md states it; tests carry the numbers. */
const CONTRACT = [
  ...Array.from({ length: 12 }, (_, i) => `W${i + 1}`),
  ...Array.from({ length: 6 }, (_, i) => `S${i + 1}`),
];

function contractProblems(sources: readonly Source[]): string[] {
  const titles = sources.flatMap(titlesOf).map(({ title }) => title);
  const isTested = (number: string) =>
    titles.some((title) => new RegExp(`\\b${number}\\b`).test(title));
  return CONTRACT.filter((number) => !isTested(number)).map(
    (number) => `no test has ${number} in its title`,
  );
}

/** A test that does not always run says why in brackets at the end of its title. */
function skipProblems(sources: readonly Source[]): string[] {
  return sources.flatMap((source) =>
    titlesOf(source).flatMap(({ chain, title, node }) => {
      const place = placeOf(source, node);
      if (/\.only\b/.test(chain)) return [`${place} ${chain} leaves out all other tests`];
      if (/\.(skip|todo|fails)\b/.test(chain)) return [`${place} ${chain} never runs: delete it`];
      const isConditional = /\.(skipIf|runIf)$/.test(chain) && title !== '';
      return isConditional && !/\(.+\)$/.test(title)
        ? [`${place} says when it runs in brackets at the end of its title`]
        : [];
    }),
  );
}

describe('the tests', () => {
  it('carry every number of the contract', () => {
    expect(contractProblems(allSources())).toEqual([]);
  });

  it('all run, or say why not', () => {
    expect(skipProblems(allSources())).toEqual([]);
  });

  it('would be seen to lack a number', () => {
    const sources = [
      parse('test/a.test.ts', "it('W1 ordered', run); it(`W12`, run); // W2"),
      parse('test/b.test.ts', "describe.each([1])('S3 and S4', run); const W5 = 'W6';"),
    ];
    const missing = contractProblems(sources).map((problem) => problem.split(' ')[3]);
    expect(missing).toEqual([
      'W2',
      'W3',
      'W4',
      'W5',
      'W6',
      'W7',
      'W8',
      'W9',
      'W10',
      'W11',
      'S1',
      'S2',
      'S5',
      'S6',
    ]);
  });

  it.each([
    ["it.only('a', run);", 'leaves out'],
    ["describe.only('a', run);", 'leaves out'],
    ["it.only.each([1])('a', run);", 'leaves out'],
    ["it.skip('a', run);", 'never runs'],
    ["it.todo('a');", 'never runs'],
    ["it.skipIf(slow)('a', run);", 'in brackets'],
  ])('would be seen to be left out by %s', (text, problem) => {
    expect(skipProblems([parse('test/a.test.ts', text)])).toContainEqual(
      expect.stringContaining(problem),
    );
  });

  it('may be left out with a reason', () => {
    const text = "it.runIf(long)('a million entries (with CONFER_TEST_LONG=1)', run);";
    expect(skipProblems([parse('test/a.test.ts', text)])).toEqual([]);
  });
});
