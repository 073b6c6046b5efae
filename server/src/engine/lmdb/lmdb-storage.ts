import { join } from 'node:path';
import type { ProtocolError } from '@confer/shared';
import { type Key, open, type RootDatabase } from 'lmdb';
import { StorageError } from '../storage-error.ts';
import { movedOf } from './commit-log.ts';
import { prepareDirectory, syncDirectory } from './data-directory.ts';
import { openFailure, unreadable, writeFailure } from './errors.ts';
import { headerProblem } from './header.ts';
import { type FileJournal, openJournal } from './journal/journal.ts';
import {
  deletionPlaceKey,
  FORMAT_VERSION,
  type KeyCodec,
  type LogKey,
  logKey,
  type MetaRow,
  pathKey,
  revisionKey,
  type StoredTables,
  type Table,
  type Tables,
  textKey,
  versionKey,
} from './layout.ts';
import { lockDirectory } from './lock.ts';
import type { LogRow } from './log.ts';
import { settledOf } from './recovery.ts';
import type { Storage } from './storage.ts';
import { type OldMetaRow, type OldTables, takeOver, takeOverFormat3 } from './upgrade.ts';

/** What the engine stores in, and the name of the history in it. */
export interface LmdbStorage extends Storage {
  readonly epoch: string;
}

/** Opens a directory and keeps others out of it. Rejects with a `StorageError`. */
export async function openLmdbStorage(
  directory: string,
  newId: () => string,
): Promise<LmdbStorage> {
  try {
    const path = prepareDirectory(directory);
    const unlock = await lockDirectory(path, () => openEnvironment(join(path, 'lock')));
    try {
      return await openStorage(path, newId, unlock);
    } catch (error) {
      await unlock();
      throw error;
    }
  } catch (error) {
    throw openFailure(error, directory);
  }
}

/**
 * Without `overlappingSync` a commit is LMDB's own: it writes the pages, syncs them, and then writes
 * and syncs the meta page that makes them visible. lmdb-js 3.5.6 does that on a thread of its own
 * and resolves after it (`WriteWorker::Write` sets TXN_COMMITTED once `mdb_txn_commit` is back), so
 * a resolved transaction survives a power loss (S1), and nothing is visible that would not.
 *
 * With it, lmdb-js makes commits visible first and syncs later, and after a crash of the system
 * falls back to the last meta page that was synced. Group commit gains nothing from it: as many
 * commits a second were measured either way.
 *
 * Without `eventTurnBatching` a transaction has one promise, ours. With it there is a second one
 * that nobody holds, and a commit that fails would end the process as an unhandled rejection.
 */
function openEnvironment(path: string): RootDatabase {
  const problem = headerProblem(join(path, 'data.mdb'));
  if (problem !== undefined) throw unreadable(path, problem);
  return open({ path, overlappingSync: false, eventTurnBatching: false, noSubdir: false });
}

async function openStorage(
  directory: string,
  newId: () => string,
  unlock: () => Promise<void>,
): Promise<LmdbStorage> {
  const root = openEnvironment(directory);
  try {
    const epoch = openHistory(root, directory, newId);
    const tables = openTables(root);
    const { journal, rows } = await openJournal(directory, epoch, movedOf(tables));
    syncDirectory(directory);
    return new OpenStorage({ root, tables, journal, directory, epoch, unlock }, rows);
  } catch (error) {
    await root.close();
    throw error;
  }
}

/**
 * Names the history in `directory`, or begins one. Its format and epoch are written before any
 * other table is made, so that data without them is not Confer's.
 */
function openHistory(root: RootDatabase, directory: string, newId: () => string): string {
  const names = [...root.getKeys()];
  const isNew = names.every((name) => name === 'meta');
  if (!isNew && !names.includes('meta')) throw unreadable(directory, 'it is not from Confer');
  const meta = openTable<MetaRow, string>(root, 'meta', textKey);
  const format = meta.get('format');
  if (format === undefined && isNew) return beginHistory(root, meta, newId());
  const epoch = meta.get('epoch');
  if (typeof format !== 'number' || typeof epoch !== 'string')
    throw unreadable(directory, 'it does not say what history it is');
  if (format > FORMAT_VERSION)
    throw new StorageError(
      'newer_format',
      `${directory} was written by a newer Confer (format ${format}; this one reads up to ${FORMAT_VERSION})`,
    );
  if (format === 3) upgradeFormat3(root);
  else if (format < 3) upgrade(root, format);
  // Not with the rest: rows that were written in the transaction that drops a table were lost.
  for (const name of GONE) if (names.includes(name)) root.openDB({ name }).dropSync();
  return epoch;
}

const GONE = ['entries', 'versions', 'commits', 'requests', 'retired'];

function upgradeFormat3(root: RootDatabase): void {
  const tables = openTables(root);
  root.transactionSync(() => {
    takeOverFormat3(tables, settledOf(tables)[0]);
    tables.meta.put('format', FORMAT_VERSION);
  });
}

/** In one transaction: a crash leaves the old format. */
function upgrade(root: RootDatabase, format: number): void {
  const old = openOldTables(root);
  const tables = openTables(root);
  root.transactionSync(() => {
    takeOver(old, tables, format);
    tables.meta.put('format', FORMAT_VERSION);
  });
}

function beginHistory(root: RootDatabase, meta: Tables['meta'], epoch: string): string {
  return root.transactionSync(() => {
    meta.put('format', FORMAT_VERSION);
    meta.put('epoch', epoch);
    meta.put('moved', 0);
    meta.put('settled', [0, 0]);
    meta.put('compacted', 0);
    meta.put('deletionsFloor', 0);
    return epoch;
  });
}

/** Rows of text as its UTF-8, which is faster to write and to read than what lmdb-js does itself. */
const textRow = {
  encode: (row: string | Uint8Array) => (typeof row === 'string' ? Buffer.from(row) : row),
  decode: (source: Buffer, options?: number | { end?: number }) =>
    source.toString('utf8', 0, typeof options === 'number' ? options : source.length),
};

function openTables(root: RootDatabase): StoredTables {
  return {
    entries: openTable(root, 'tree', pathKey, textRow),
    log: openLog(root),
    retired: openTable(root, 'outlived', revisionKey, textRow),
    deletions: openTable(root, 'deletions', versionKey),
    deletionOrder: openTable(root, 'deletionOrder', deletionPlaceKey),
    meta: openTable<MetaRow, string>(root, 'meta', textKey),
  };
}

/** Rows of the log come as bytes, because a large commit has them made over several turns. */
function openLog(root: RootDatabase): StoredTables['log'] {
  const options = { name: 'log', keyEncoder: logKey, encoder: textRow };
  const written = root.openDB<Uint8Array, LogKey>(options);
  const table = openTable<string, LogKey>(root, options.name, logKey, textRow);
  return { ...table, put: (key, bytes) => void written.put(key, bytes) };
}

/** Of formats 1 and 2. */
function openOldTables(root: RootDatabase): OldTables {
  return {
    entries: openTable(root, 'entries', pathKey),
    versions: openTable(root, 'versions', versionKey),
    commits: openTable(root, 'commits', revisionKey),
    requests: openTable(root, 'requests', textKey),
    retired: openTable(root, 'retired', revisionKey),
    meta: openTable<OldMetaRow, string>(root, 'meta', textKey),
  };
}

function openTable<Row, K extends Key>(
  root: RootDatabase,
  name: string,
  keyEncoder: KeyCodec<K>,
  encoder?: object,
): Table<K, Row> {
  const options = encoder === undefined ? { name, keyEncoder } : { name, keyEncoder, encoder };
  const database = root.openDB<Row, K>(options);
  return {
    get: (key) => database.get(key),
    rows: (range) => database.getRange(range),
    keys: (range) => database.getKeys(range),
    put: (key, row) => void database.put(key, row),
    remove: (key) => void database.remove(key),
    bytes: () => bytesOf(database.getStats()),
    count: () => numberIn(database.getStats(), 'entryCount'),
  };
}

function bytesOf(stats: object): number {
  const of = (name: string) => numberIn(stats, name);
  const pages = of('treeBranchPageCount') + of('treeLeafPageCount') + of('overflowPages');
  return pages * of('pageSize');
}

/** lmdb-js gives the numbers of `mdb_stat` without a type. */
function numberIn(stats: object, name: string): number {
  const value: unknown = Reflect.get(stats, name);
  return typeof value === 'number' ? value : 0;
}

interface StorageParts {
  readonly journal: FileJournal;
  readonly root: RootDatabase;
  readonly tables: StoredTables;
  readonly directory: string;
  readonly epoch: string;
  readonly unlock: () => Promise<void>;
}

class OpenStorage implements LmdbStorage {
  readonly tables: StoredTables;
  readonly journal: FileJournal;
  readonly epoch: string;
  readonly #parts: StorageParts;
  #journaled: readonly LogRow[];
  #failure: ProtocolError | undefined;

  constructor(parts: StorageParts, rows: readonly LogRow[]) {
    this.#parts = parts;
    this.tables = parts.tables;
    this.journal = parts.journal;
    this.#journaled = rows;
    this.epoch = parts.epoch;
  }

  takeJournaled(): readonly LogRow[] {
    const rows = this.#journaled;
    this.#journaled = [];
    return rows;
  }

  defer(run: () => void): void {
    setImmediate(run);
  }

  /**
   * A batch of lmdb-js is written by a thread of its own, and no transaction ends within one. A
   * failure of any of it aborts the transaction.
   *
   * A commit that fails otherwise than for want of room leaves open what reached the disk, and LMDB
   * may refuse, or never answer, all writes from then on. So none is tried any more until the
   * process starts anew.
   */
  async write(queue: () => void): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    try {
      await this.#parts.root.batch(queue);
    } catch (error) {
      const commitError = await commitErrorOf(error);
      const failure = writeFailure(commitError ?? error, this.#parts.directory);
      if (commitError !== undefined && failure.code !== 'storage_full') this.#failure = failure;
      throw failure;
    }
  }

  async close(): Promise<void> {
    const { root, journal, unlock } = this.#parts;
    await journal.close();
    await root.close();
    await unlock();
  }
}

/** Why a commit failed: lmdb-js rejects with an error that has the promise of the real one. */
async function commitErrorOf(error: unknown): Promise<unknown> {
  if (!(error instanceof Error) || !('commitError' in error)) return undefined;
  try {
    return await error.commitError;
  } catch (cause) {
    return cause;
  }
}
