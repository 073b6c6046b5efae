import { type KeyCodec, type Place, pathKey, placeKey, revisionKey, textKey } from './keys.ts';
import type { LongRow } from './rows.ts';

/**
 * How the LMDB engine lays its data out, in ten lines:
 *
 * 1. `entries`: what each path holds now.
 * 2. `log`: for each change what the path held before; with the first of a commit, who made it and when.
 * 3. `tombstones`: for each path that is gone, when and why it went.
 * 4. `values`: values too long for a row, each written once, under the revision that brought it.
 * 5. To read a path at a revision, begin with what it holds now and go back from change to change: the
 *    row of each in `log` has what was there before it. A row also says where its block of 256 changes
 *    began, so that a path that changed a hundred thousand times is no long way.
 * 6. Compaction drops the beginning of `log`, and the long values that only it still names.
 * 7. `tombstones` outlive that, so that who was away can be told of them; `tombstoneOrder` has the oldest.
 * 8. `requests`: the ids of the writes of each transaction, for as long as they may be sent again.
 * 9. `meta`: what the store is, where its history begins, and its timelines.
 * 10. A commit writes all of its rows in one transaction; nothing else is ever written for it.
 *
 * Anything that changes what older code would read asks for a new format.
 */
export const FORMAT = 1;

/** The range of a table, from `start` on and up to `end`, exclusive; backwards when `reverse`. */
export interface TableRange<Key> {
  readonly start: Key;
  readonly end: Key;
  readonly reverse?: boolean;
  readonly limit?: number;
}

/** A table of texts. What is read of it throws a `DamageError` where a row is not as it was written. */
export interface ReadTable<Key> {
  get(key: Key): string | undefined;
  rows(range: TableRange<Key>): Iterable<{ readonly key: Key; readonly value: string }>;
  /** Its rows. */
  count(): number;
}

export interface WriteTable<Key> extends ReadTable<Key> {
  put(key: Key, row: string | LongRow): void;
  remove(key: Key): void;
}

/** The tables, and what their rows are found by. */
export interface TableKeys {
  /** By path, in the order of the tree: an `EntryRow`. */
  readonly entries: string;
  /** By revision and path: a `LogRow` for each change. */
  readonly log: Place;
  /** By revision and path: a value as JSON. */
  readonly values: Place;
  /** By path: a `TombstoneRow`. */
  readonly tombstones: string;
  /** By revision and path, those whose commit is compacted: nothing. */
  readonly tombstoneOrder: Place;
  /** By the last revision of a transaction: a `RequestsRow`. */
  readonly requests: number;
  /** By name: JSON. */
  readonly meta: string;
}

export type TableName = keyof TableKeys;

/** In the order of their numbers, which are in records of the log: new ones go to the end. */
export const tableNames: readonly TableName[] = [
  'entries',
  'log',
  'values',
  'tombstones',
  'tombstoneOrder',
  'requests',
  'meta',
];

/** How the keys of each table become bytes. */
export const tableKeys: { readonly [Name in TableName]: KeyCodec<TableKeys[Name]> } = {
  entries: pathKey,
  log: placeKey,
  values: placeKey,
  tombstones: pathKey,
  tombstoneOrder: placeKey,
  requests: revisionKey,
  meta: textKey,
};

export type ReadTables = { readonly [Name in TableName]: ReadTable<TableKeys[Name]> };
export type WriteTables = { readonly [Name in TableName]: WriteTable<TableKeys[Name]> };
