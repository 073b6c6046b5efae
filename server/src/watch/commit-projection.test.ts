import type { Entry } from '@confer/shared';
import { describe, expect, it } from 'vitest';
import type { EngineChange } from '../store/store.ts';
import { CommitProjection } from './commit-projection.ts';

const ABOUT = { revision: 9, time: 1, actor: 'test' };

function entry(path: string): Entry {
  const revisions = { createRevision: 9, modRevision: 9, version: 1 };
  return { path, value: '1', ...revisions, updatedAt: 1, updatedBy: 'test' };
}

const put = (path: string): EngineChange => ({
  type: 'put',
  path,
  entry: entry(path),
  replaced: 0,
});
const gone = (path: string): EngineChange => ({
  type: 'delete',
  path,
  cause: 'removed',
  replaced: 8,
});
const clear = (path: string, entries: number) => ({
  type: 'clear',
  path,
  cause: 'removed',
  entries,
});

const CHANGES = [
  gone('/a'),
  gone('/a/b/1'),
  put('/a/b/2'),
  gone('/a/b/3'),
  gone('/a-b'),
  put('/c'),
];

function told(subtree: string, cleared: string[], takesClears = true) {
  const commit = { ...ABOUT, changes: CHANGES, cleared };
  return (
    CommitProjection.of(commit, { subtree, withPrev: false, takesClears }).project()?.changes ?? []
  );
}

describe('a commit that removed a whole subtree', () => {
  it('S6 is told in one line, and what it put or removed beside by name', () => {
    expect(told('/', ['/a'])).toEqual([clear('/a', 3), put('/a/b/2'), gone('/a-b'), put('/c')]);
  });

  it('is told to a watch further down as the end of all that it watches', () => {
    expect(told('/a/b', ['/a'])).toEqual([clear('/a/b', 2), put('/a/b/2')]);
  });

  it('is told by name where that is as short', () => {
    expect(told('/a/b/1', ['/a'])).toEqual([gone('/a/b/1')]);
    expect(told('/', ['/a-b'])).toEqual(CHANGES);
  });

  it('has one line for each subtree', () => {
    expect(told('/', ['/a/b', '/a-b'])).toEqual([
      gone('/a'),
      clear('/a/b', 2),
      put('/a/b/2'),
      gone('/a-b'),
      put('/c'),
    ]);
  });

  it('is told by name to those who do not take clears', () => {
    expect(told('/', ['/a'], false)).toEqual(CHANGES);
  });

  it('is not told to those whom it did not touch', () => {
    expect(told('/d', ['/a'])).toEqual([]);
  });
});
