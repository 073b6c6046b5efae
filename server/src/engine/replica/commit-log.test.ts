import { expect, it } from 'vitest';
import { changesAfter, commitsAfter } from './commit-log.ts';

const log = [3, 4, 9, 20].map((revision) => ({
  requestId: `r${revision}`,
  commit: { revision, time: 0, actor: 'a', changes: [] },
}));

it.each([
  [0, [3, 4, 9, 20]],
  [3, [4, 9, 20]],
  [5, [9, 20]],
  [9, [20]],
  [20, []],
  [99, []],
])('the commits after revision %i are found where revisions have gaps', (revision, expected) => {
  expect([...commitsAfter(log, revision)].map((commit) => commit.revision)).toEqual(expected);
  expect(changesAfter(log, revision)).toBe(0);
});
