/** Safeguards of transactions: each is noticed by the test that `by` names, a file and a part of a title. */
const ENGINE = 'server/src/engine/memory/memory.test.ts';
const RIGHTS = 'server/src/auth/txn-rights.test.ts';
const STORIES = 'test/simulation/etcd/txn-stories.test.ts';

const all = [
  [{ 'subtree-conditions-are-judged': 'never' }, ENGINE, 'S2 is broken by a put below it'],
  [{ 'looks-of-a-request-end': 'never' }, ENGINE, 'W10 is refused where all of a request'],
  [{ 'writes-of-a-branch-are-apart': 'drop' }, ENGINE, 'S3 is refused where a path is put twice'],
  [
    {
      'short-entries-count-in-a-reply': {
        becomes: 'for (const { path, value } of entries) this.#left -= path.length + value.length;',
      },
    },
    'server/src/api/txn.test.ts',
    'W10 stay as short',
  ],
  [{ 'each-branch-is-judged': 'drop' }, RIGHTS, 'cover what it reads'],
  [
    { 'parts-are-judged-by-the-rights-of-the-end': 'never' },
    'server/src/auth/part-rights.test.ts',
    'where a right has ended since',
  ],
  [
    {
      'who-asks-for-a-value-may-read-it': {
        becomes: 'const isReading = isWithin(path, OWN);',
      },
    },
    RIGHTS,
    'cover what a condition compares',
  ],
  [
    { 'revision-of-another-gateway-is-waited-for': 'drop' },
    STORIES,
    'W9 knows a revision that another gateway showed',
  ],
  [
    {
      'what-comes-to-nothing-is-written-down': {
        becomes:
          "if (isNothing) return { outcome: { kind: 'written', revision: verdict.revision }, writing, verdict };",
      },
    },
    STORIES,
    'S4 is not made by its first try after the second one found another branch',
  ],
  [
    { 'branch-that-is-too-large-is-looked-for': 'always' },
    STORIES,
    'S4 has the branch of the first try where the other one is too large',
  ],
];

export const txnMutants = all.map(([off, file, title]) => ({
  name: Object.keys(off).join(', '),
  off,
  by: { file, title },
}));
