import {
  type Change,
  type DeleteCause,
  type Entry,
  orderKey,
  pathOfOrderKey,
} from '@confer/shared';
import type { CommitOutcome, MadeCommit } from './engine.ts';

/**
 * How the LMDB engine lays its data out. All tables, keys and rows are here; rows are MessagePack
 * arrays. Anything that changes what older code would read asks for a new format version.
 */
export const FORMAT_VERSION = 2;

/** `[value, createRevision, modRevision, version, updatedAt, updatedBy, lease?]` */
export type EntryRow = readonly [
  value: string,
  createRevision: number,
  modRevision: number,
  version: number,
  updatedAt: number,
  updatedBy: string,
  lease?: string,
];

/** What a path held from a revision on; `null`: it was deleted there. */
export type VersionRow = EntryRow | null;

/** A change inside a commit: what it made is the version at the commit's revision. */
export type ChangeRow = readonly [
  path: string,
  /** The revision of the version before; 0 when there was none. */
  prevRevision: number,
  /** Only a delete has one. */
  cause?: DeleteCause,
];

export type CommitRow = readonly [
  time: number,
  actor: string,
  note: string | null,
  requestId: string,
  changes: readonly ChangeRow[],
  /** The subtrees that were removed as a whole, where there are any. */
  cleared?: readonly string[],
];

/** The request id, and when its commit was made. */
export type RetiredRow = readonly [requestId: string, time: number];

export type OutcomeRow = readonly [revision: number, puts: number, deletes: number];

/** What changes with each transaction: `[revision, compactedRevision, entryCount]` */
export type StateRow = readonly [revision: number, compactedRevision: number, entryCount: number];

/** Every delete after `floor` is known; `count` rows say so. Format 1 knew none. */
export type DeletionsRow = readonly [floor: number, count: number];

/** `format` and `epoch` are written once, before any other table exists. */
export type MetaKey = 'format' | 'epoch' | 'state' | 'deletions';
export type MetaRow = number | string | StateRow | DeletionsRow;

export type VersionKey = [path: string, revision: number];

/** In the order of revisions. */
export type DeletionPlace = [revision: number, path: string];

/** The range of a table, from `start` on and up to `end`, exclusive; backwards when `reverse`. */
export interface TableRange<Key> {
  readonly start: Key;
  readonly end: Key;
  readonly reverse?: boolean;
  readonly limit?: number;
}

/** What the engine needs of a table. Writes belong inside a transaction of the storage. */
export interface Table<Key, Row> {
  get(key: Key): Row | undefined;
  rows(range: TableRange<Key>): Iterable<{ readonly key: Key; readonly value: Row }>;
  keys(range: TableRange<Key>): Iterable<Key>;
  put(key: Key, row: Row): void;
  remove(key: Key): void;
  /** Of its pages. */
  bytes(): number;
}

export interface Tables {
  /** By path, in the order of the tree: what each path holds now. */
  readonly entries: Table<string, EntryRow>;
  /** What each path held from which revision on, as far back as history goes. */
  readonly versions: Table<VersionKey, VersionRow>;
  /** By revision. */
  readonly commits: Table<number, CommitRow>;
  /** By request id: the outcome of each commit that is in history or too young to forget (S4). */
  readonly requests: Table<string, OutcomeRow>;
  /** By revision: the request ids that outlive their commit. */
  readonly retired: Table<number, RetiredRow>;
  /** The deletes that are known, also beyond history: until their path's next life is, too. */
  readonly deletions: Table<VersionKey, DeleteCause>;
  /** The same, so that the oldest are found. */
  readonly deletionOrder: Table<DeletionPlace, true>;
  readonly meta: Pick<Table<MetaKey, MetaRow>, 'get' | 'put'>;
}

/** How keys become bytes, in the shape that lmdb-js asks for. LMDB compares them byte by byte. */
export interface KeyCodec<Key> {
  writeKey(key: Key, target: Buffer, start: number): number;
  readKey(source: Buffer, start: number, end: number): Key;
}

const SLASH = 0x2f;

/**
 * A path as the UTF-8 of its `orderKey`, so that the order of the bytes is the order of the tree.
 * The bounds of a range, which are `orderKey`s already, are written as they are. The loop is there
 * because most paths are ASCII, and it takes half the time of the calls that it stands for.
 */
export const pathKey: KeyCodec<string> = {
  writeKey(path, target, start) {
    for (let i = 0; i < path.length; i++) {
      const unit = path.charCodeAt(i);
      if (unit > 0x7f) return textKey.writeKey(orderKey(path), target, start);
      target[start + i] = unit === SLASH ? 1 : unit;
    }
    return start + path.length;
  },
  readKey: (source, start, end) => pathOfOrderKey(textKey.readKey(source, start, end)),
};

export const textKey: KeyCodec<string> = {
  writeKey: (key, target, start) => start + target.write(key, start, 'utf8'),
  readKey: (source, start, end) => source.toString('utf8', start, end),
};

/** Eight bytes, the highest first. */
export const revisionKey: KeyCodec<number> = {
  writeKey(revision, target, start) {
    target.writeUInt32BE(Math.floor(revision / 2 ** 32), start);
    return target.writeUInt32BE(revision % 2 ** 32, start + 4);
  },
  readKey: (source, start) => source.readUInt32BE(start) * 2 ** 32 + source.readUInt32BE(start + 4),
};

/**
 * The path, a zero byte, the revision. No path holds U+0000, and it comes before the U+0001 that
 * goes on below a path, so the versions of a path are one run.
 */
export const versionKey: KeyCodec<VersionKey> = {
  writeKey([path, revision], target, start) {
    const end = target.writeUInt8(0, pathKey.writeKey(path, target, start));
    return revisionKey.writeKey(revision, target, end);
  },
  readKey(source, start, end) {
    const path = pathKey.readKey(source, start, end - 9);
    return [path, revisionKey.readKey(source, end - 8, end)];
  },
};

/** The revision, the path. */
export const deletionPlaceKey: KeyCodec<DeletionPlace> = {
  writeKey: ([revision, path], target, start) =>
    pathKey.writeKey(path, target, revisionKey.writeKey(revision, target, start)),
  readKey: (source, start, end) => [
    revisionKey.readKey(source, start, start + 8),
    pathKey.readKey(source, start + 8, end),
  ],
};

export function entryOf(path: string, row: EntryRow): Entry {
  const [value, createRevision, modRevision, version, updatedAt, updatedBy, lease] = row;
  const entry = { path, value, createRevision, modRevision, version, updatedAt, updatedBy };
  return lease === undefined ? entry : { ...entry, lease };
}

export function rowOf(entry: Entry): EntryRow {
  const { value, createRevision, modRevision, version, updatedAt, updatedBy, lease } = entry;
  const row = [value, createRevision, modRevision, version, updatedAt, updatedBy] as const;
  return lease === undefined ? row : [...row, lease];
}

export function commitRowOf(commit: MadeCommit, requestId: string): CommitRow {
  const { time, actor, note, changes, cleared } = commit;
  const row = [time, actor, note ?? null, requestId, changes.map(changeRowOf)] as const;
  return cleared === undefined ? row : [...row, cleared];
}

function changeRowOf(change: Change): ChangeRow {
  const prevRevision = change.prev?.modRevision ?? 0;
  return change.type === 'put'
    ? [change.path, prevRevision]
    : [change.path, prevRevision, change.cause];
}

export function outcomeOfRow([revision, puts, deletes]: OutcomeRow): CommitOutcome {
  return { revision, puts, deletes };
}

/** All versions of a path up to a revision, the newest first. */
export function versionsUpTo(path: string, revision: number): TableRange<VersionKey> {
  return { start: [path, revision], end: [path, 0], reverse: true };
}
