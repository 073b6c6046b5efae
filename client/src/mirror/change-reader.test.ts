import type { Change } from '@confer/shared';
import { expect, test } from 'vitest';
import type { MirrorChange } from '../api.ts';
import { entry } from '../test-support/scene.ts';
import { mergeChanges } from './change-reader.ts';

const live = (revision: number, ...changes: Change[]): MirrorChange => ({
  revision,
  origin: 'live',
  changes,
  commit: { revision, time: 1, actor: 'test' },
});

const [a1, a2, a3] = [entry('/a', '1', 1), entry('/a', '2', 2), entry('/a', '3', 3)];

test('a path that changed twice is merged into one change, from its first state to its last', () => {
  const merged = mergeChanges([
    live(2, { type: 'put', path: '/a', entry: a2, prev: a1 }),
    live(3, { type: 'put', path: '/a', entry: a3, prev: a2 }),
  ]);
  expect(merged).toEqual({
    revision: 3,
    origin: 'resync',
    changes: [{ type: 'put', path: '/a', entry: a3, prev: a1 }],
  });
});

test('an entry that came and went merges into nothing, and nothing is no change', () => {
  const came: Change = { type: 'put', path: '/a', entry: a2 };
  const went: Change = { type: 'delete', path: '/a', cause: 'removed', prev: a2 };
  expect(mergeChanges([live(2, came), live(3, went)])).toBeUndefined();
  expect(mergeChanges([live(2, came), live(3, went), live(4, came)])?.changes).toEqual([came]);
});

test('an entry that went and came merges into a put', () => {
  const merged = mergeChanges([
    live(2, { type: 'delete', path: '/a', cause: 'removed', prev: a1 }),
    live(3, { type: 'put', path: '/a', entry: a3 }),
  ]);
  expect(merged?.changes).toEqual([{ type: 'put', path: '/a', entry: a3, prev: a1 }]);
});

test('a delete after other changes carries what was there before the first of them', () => {
  const merged = mergeChanges([
    live(2, { type: 'put', path: '/a', entry: a2, prev: a1 }),
    live(3, { type: 'delete', path: '/a', cause: 'expired', prev: a2 }),
  ]);
  expect(merged?.changes).toEqual([{ type: 'delete', path: '/a', cause: 'expired', prev: a1 }]);
});

test('merged changes are in the order of the tree', () => {
  const put = (path: string): Change => ({ type: 'put', path, entry: entry(path, '1') });
  const merged = mergeChanges([live(2, put('/b')), live(3, put('/a-b')), live(4, put('/a/b'))]);
  expect(merged?.changes.map(({ path }) => path)).toEqual(['/a/b', '/a-b', '/b']);
});
