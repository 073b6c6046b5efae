import type { Entry } from '@confer/shared';
import { expect, it } from 'vitest';
import type { Version } from './api.ts';
import { planOfCommit, planOfDifference } from './revert-plan.ts';

const entry = (path: string, modRevision: number, lease?: string): Entry => ({
  ...{ path, value: `of ${modRevision}`, createRevision: 1, modRevision, version: 1 },
  ...{ updatedAt: 0, updatedBy: 'ann', ...(lease === undefined ? {} : { lease }) },
});

it('a plan leaves alone what goes with a lease, now or then, and says how much that is', () => {
  const [plain, gone, there] = [entry('/a', 1), entry('/b', 1, 'l1'), entry('/c', 2, 'l2')];
  const plan = planOfDifference(
    [
      { path: '/a', after: plain },
      { path: '/b', after: gone },
      { path: '/c', before: there },
      { path: '/d', before: entry('/d', 2), after: entry('/d', 1, 'l1') },
    ],
    'note',
  );
  expect(plan).toMatchObject({ steps: [{ kind: 'add', path: '/a' }], leased: 3, later: [] });
});

it('a plan of a commit brings back no instance whose lease is over, and removes none that lives', () => {
  const [gone, there] = [entry('/b', 1, 'l1'), entry('/c', 2, 'l2')];
  const about = { revision: 2, time: 0, actor: 'ann' };
  const newest: Version = { ...about, type: 'put', entry: there };
  const plan = planOfCommit(
    {
      ...about,
      changes: [
        { type: 'delete', path: '/a', cause: 'removed', prev: entry('/a', 1) },
        { type: 'delete', path: '/b', cause: 'removed', prev: gone },
        { type: 'put', path: '/c', created: true, entry: there },
      ],
    },
    new Map([['/c', newest]]),
  );
  expect(plan).toMatchObject({ steps: [{ kind: 'add', path: '/a' }], leased: 2, unchanged: 0 });
});
