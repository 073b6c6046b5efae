import {
  assert,
  type Change,
  compareCodePoints,
  comparePaths,
  type Entry,
  orderKey,
} from '@confer/shared';
import type { MadeCommit } from './engine.ts';
import type { Base } from './evaluate.ts';
import {
  type ChangeRow,
  type CommitRow,
  entryOf,
  type StateRow,
  type Tables,
  versionsUpTo,
} from './lmdb-layout.ts';
import { type KeyRange, subtreeRange } from './tree-range.ts';

export function stateOf({ meta }: Tables): StateRow {
  const state = meta.get('state');
  assert(typeof state === 'object' && state.length === 3, 'meta has a state');
  return state;
}

/** What the tables hold right now: inside a transaction, with what it wrote so far. */
export function currentState(tables: Tables): Base {
  const { entries } = tables;
  return {
    read(path) {
      const row = entries.get(path);
      return row === undefined ? undefined : entryOf(path, row);
    },
    *scanSubtree(path) {
      const { from, to } = subtreeRange(path);
      for (const { key, value } of entries.rows({ start: from, end: to }))
        yield entryOf(key, value);
    },
  };
}

/** What a path held at a revision, out of its versions. */
export function readAt({ versions }: Tables, path: string, revision: number): Entry | undefined {
  const range = { ...versionsUpTo(path, revision), limit: 1 };
  for (const { key, value } of versions.rows(range))
    return value === null ? undefined : entryOf(key[0], value);
  return undefined;
}

/**
 * The entries of a range at a revision: the current ones, except for the paths that were changed
 * after the revision, which are looked up among the versions. So a read costs what it returns plus
 * the changes since, and a read at the newest revision is a plain walk.
 *
 * LMDB's snapshot may be ahead of the revision that the engine shows, by commits that are on their
 * way out of the feed. They are changes since, like any others.
 *
 * The walk and the changes have to be of one snapshot. lmdb-js takes a new one when a turn ends or
 * when a commit is reported, both outside of the run of synchronous code that a scan is; and the
 * versions that are looked up on the way are the same in every snapshot.
 */
export function* scanAt(tables: Tables, range: KeyRange, at: number): Generator<Entry> {
  const changed = changedAfter(tables, range, at);
  const isChanged = new Set(changed);
  let next = 0;
  for (const { key: path, value } of tables.entries.rows({ start: range.from, end: range.to })) {
    for (let before = changed[next]; before !== undefined; before = changed[++next]) {
      if (comparePaths(before, path) >= 0) break;
      yield* presentAt(tables, before, at);
    }
    if (!isChanged.has(path)) yield entryOf(path, value);
  }
  for (const path of changed.slice(next)) yield* presentAt(tables, path, at);
}

function* presentAt(tables: Tables, path: string, at: number): Generator<Entry> {
  const entry = readAt(tables, path, at);
  if (entry !== undefined) yield entry;
}

/** The paths of a range that commits after `at` changed, in the order of the tree. */
function changedAfter(tables: Tables, { from, to }: KeyRange, at: number): string[] {
  const [newest] = stateOf(tables);
  if (newest === at) return [];
  const paths = new Map<string, string>();
  for (const { value } of tables.commits.rows({ start: at + 1, end: newest + 1 }))
    for (const [path] of changesOf(value)) {
      const key = orderKey(path);
      if (compareCodePoints(key, from) >= 0 && compareCodePoints(key, to) < 0) paths.set(path, key);
    }
  return [...paths].sort(([, a], [, b]) => compareCodePoints(a, b)).map(([path]) => path);
}

/** The commits after one revision and up to another. */
export function* commitsBetween(
  tables: Tables,
  after: number,
  upTo: number,
): Generator<MadeCommit> {
  for (const { key, value } of tables.commits.rows({ start: after + 1, end: upTo + 1 }))
    yield commitOf(tables, key, value);
}

/** What history takes: the commits, and the versions beyond those that are the current entries. */
export function historyBytesOf({ commits, versions, entries }: Tables): number {
  return commits.bytes() + Math.max(0, versions.bytes() - entries.bytes());
}

export function timeAfter({ commits }: Tables, after: number, upTo: number): number | undefined {
  for (const { value } of commits.rows({ start: after + 1, end: upTo + 1, limit: 1 }))
    return value[0];
  return undefined;
}

export function changesOf([, , , , changes]: CommitRow): readonly ChangeRow[] {
  return changes;
}

function commitOf(tables: Tables, revision: number, row: CommitRow): MadeCommit {
  const [time, actor, note, , rows, cleared] = row;
  return {
    revision,
    time,
    actor,
    ...(note === null ? {} : { note }),
    changes: rows.map((change) => changeOf(tables, revision, change)),
    ...(cleared === undefined ? {} : { cleared }),
  };
}

function changeOf({ versions }: Tables, revision: number, row: ChangeRow): Change {
  const [path, prevRevision, cause] = row;
  const entryAt = (at: number) => {
    const version = versions.get([path, at]);
    return version === undefined || version === null ? undefined : entryOf(path, version);
  };
  const before = prevRevision === 0 ? undefined : entryAt(prevRevision);
  const prev = before === undefined ? {} : { prev: before };
  if (cause !== undefined) return { type: 'delete', path, cause, ...prev };
  const entry = entryAt(revision);
  assert(entry !== undefined, 'a put in history has its version');
  return { type: 'put', path, entry, ...prev };
}
