import { type DeleteCause, type Entry, orderKey, ROOT } from '@confer/shared';

/**
 * How the LMDB engine lays its data out. All tables, keys and rows are here. Anything that changes
 * what older code would read asks for a new format version.
 *
 * A commit is one row at the end of `log`, or part of one. The row is in the journal first, which is
 * all that its writer waits for; it is moved into its table later, and what the commit made of the
 * entries and the known deletes is written into theirs, many commits at once and in the order of the
 * tree.
 */
export const FORMAT_VERSION = 4;

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

/** What a put made or why a delete was, and what was there before. */
export type ChangeRow = readonly [path: string, made: EntryRow | DeleteCause, before?: EntryRow];

export type CommitRow = readonly [
  revision: number,
  time: number,
  actor: string,
  note: string | null,
  changes: readonly ChangeRow[],
  /** The subtrees that were removed as a whole, where there are any. */
  cleared?: readonly string[],
];

/** A write that made a commit, as a second try of it is answered (S4). */
export type RequestRow = readonly [id: string, time: number, puts: number, deletes: number];

/** How a row of the log begins, on a line of its own: what can be told without reading the rest. */
export type LogHead = readonly [
  /** The first of its commits; they follow each other without a gap up to that of its key. */
  first: number,
  /** Entries after the last. */
  entryCount: number,
  /** One for each commit; none in the later parts of a commit. */
  requests: readonly RequestRow[],
  /** Of a commit that does not fit into one row: how many there are, and the first path of this. */
  parts: number,
  firstPath: string,
];

/** The entries and the known deletes are up to date with the log up to here. */
export type SettledRow = readonly [revision: number, entryCount: number];

/**
 * `format` and `epoch` are written once, before any other table exists. `moved`: the log's table has
 * all commits up to there, and the journal those after it.
 */
export type MetaKey = 'format' | 'epoch' | 'moved' | 'settled' | 'compacted' | 'deletionsFloor';
export type MetaRow = number | string | SettledRow;

/** The last revision in a row, and which part of that commit it is; 0 where it is whole. */
export type LogKey = [revision: number, part: number];

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

/** What an engine needs of a table. Writes belong into what is handed to `Storage.write`. */
export interface Table<Key, Row, Written = Row> {
  get(key: Key): Row | undefined;
  rows(range: TableRange<Key>): Iterable<{ readonly key: Key; readonly value: Row }>;
  keys(range: TableRange<Key>): Iterable<Key>;
  put(key: Key, row: Written): void;
  remove(key: Key): void;
  /** Of its pages. */
  bytes(): number;
  /** Its rows. */
  count(): number;
}

/** Every commit in history: a `LogHead` and then, on the second line, a list of `CommitRow`. */
export type LogTable = Pick<Table<LogKey, string>, 'get' | 'rows' | 'remove' | 'bytes'>;

export interface Tables {
  /** By path, in the order of the tree: what each path holds, as the JSON text of the entry. */
  readonly entries: Table<string, string>;
  readonly log: LogTable;
  /** By revision: the request ids that outlive their commit; a `RequestRow`. */
  readonly retired: Table<number, string>;
  /** The deletes that are known, also beyond history: until their path's next life is, too. */
  readonly deletions: Table<VersionKey, DeleteCause>;
  /** The same, so that the oldest are found. */
  readonly deletionOrder: Table<DeletionPlace, true>;
  readonly meta: Pick<Table<MetaKey, MetaRow>, 'get' | 'put'>;
}

/** As LMDB has them: without the rows of the log that are in the journal. */
export interface StoredTables extends Tables {
  readonly log: LogTable & Pick<Table<LogKey, string, Uint8Array>, 'put'>;
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
  // In place, in the bytes that lmdb-js copied the key to: to replace in the string takes three times as long.
  readKey(source, start, end) {
    for (let i = start; i < end; i++) if (source[i] === 1) source[i] = SLASH;
    return start === end ? ROOT : textKey.readKey(source, start, end);
  },
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

/** The revision, the part in four bytes. */
export const logKey: KeyCodec<LogKey> = {
  writeKey: ([revision, part], target, start) =>
    target.writeUInt32BE(part, revisionKey.writeKey(revision, target, start)),
  readKey: (source, start, end) => [
    revisionKey.readKey(source, start, end),
    source.readUInt32BE(start + 8),
  ],
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

/** All known deletes of a path before a revision, the newest first. */
export function versionsUpTo(path: string, revision: number): TableRange<VersionKey> {
  return { start: [path, revision], end: [path, 0], reverse: true };
}
