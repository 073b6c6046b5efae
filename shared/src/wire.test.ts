import { describe, expect, it } from 'vitest';
import { decodeDown, encode } from './codec.ts';
import type { Commit, Entry } from './entry.ts';
import { fromWireCommit, toWireCommit, type WatchCommit } from './wire.ts';

const entry = (path: string, more: Partial<Entry> = {}): Entry => ({
  path,
  value: 'old',
  createRevision: 3,
  modRevision: 5,
  version: 2,
  updatedAt: 1000,
  updatedBy: 'cli',
  ...more,
});

const written = { modRevision: 9, updatedAt: 2000, updatedBy: 'orders' };

const COMMIT: Commit = {
  revision: 9,
  time: 2000,
  actor: 'orders',
  note: 'why',
  changes: [
    {
      type: 'put',
      path: '/a',
      entry: entry('/a', { ...written, value: '', version: 3 }),
      prev: entry('/a'),
    },
    {
      type: 'put',
      path: '/a/leased',
      entry: entry('/a/leased', { ...written, createRevision: 9, version: 1, lease: 'l1' }),
    },
    { type: 'delete', path: '/b', cause: 'expired', prev: entry('/b', { lease: 'l2' }) },
    { type: 'delete', path: '/c', cause: 'removed' },
  ],
};

const withoutPrev: Commit = {
  ...COMMIT,
  changes: COMMIT.changes.map(({ prev: _, ...change }) => change),
};

/** What the other side makes of the commit after it travelled as text. */
function travelled(commit: WatchCommit, withPrev: boolean): WatchCommit | undefined {
  const { revision } = commit;
  const frame = encode({
    type: 'commits',
    watch: 'w1',
    from: revision - 1,
    to: revision,
    commits: [toWireCommit(commit, withPrev)],
  });
  const decoded = decodeDown(frame);
  if (!decoded.ok || decoded.message.type !== 'commits') throw new Error('the frame is not valid');
  return decoded.message.commits.map(fromWireCommit)[0];
}

describe('commits on the wire', () => {
  it('come back as they were', () => {
    expect(travelled(COMMIT, true)).toStrictEqual(COMMIT);
  });

  it('come back without the entries before, where those were not asked for', () => {
    expect(travelled(COMMIT, false)).toStrictEqual(withoutPrev);
  });

  it('come back without a note, where there was none', () => {
    const { note: _, ...bare } = COMMIT;
    expect(travelled(bare, true)).toStrictEqual(bare);
  });

  it('come back with their clears, and without what is not for the wire', () => {
    const clear = { type: 'clear', path: '/b', cause: 'removed', entries: 3 } as const;
    const told = { ...COMMIT, changes: [...COMMIT.changes, clear] };
    const made = { ...told, cleared: ['/b'] };
    expect(travelled(made, true)).toStrictEqual(told);
  });

  it('do not repeat in each change what the commit says', () => {
    const [put] = toWireCommit(COMMIT, false).changes;
    expect(put).toStrictEqual({
      type: 'put',
      path: '/a',
      value: '',
      createRevision: 3,
      version: 3,
    });
  });
});
