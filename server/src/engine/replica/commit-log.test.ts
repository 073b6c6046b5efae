import { expect, it } from 'vitest';
import { atOnce } from '../cooperative-steps.ts';
import { changesAfter, commitsAfter, timeAfter } from './commit-log.ts';
import { Replica } from './replica.ts';

const log = [3, 4, 9, 20].map((revision) => ({
  requestId: `r${revision}`,
  time: 0,
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

it('the time after a revision is that of the newest commit up to there, whatever clocks said', () => {
  const replica = new Replica(0);
  const commit = (revision: number, time: number) =>
    atOnce(replica.append({ revision, time, actor: 'a', changes: [] }, `r${revision}`));
  commit(3, 1_000);
  commit(5, 0);
  commit(9, 900);
  commit(12, 1_100);
  expect([0, 3, 5, 9, 12].map((revision) => timeAfter(replica.log, revision))).toEqual([
    1_000,
    1_000,
    1_000,
    1_100,
    undefined,
  ]);
});
