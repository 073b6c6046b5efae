import { join } from 'node:path';
import { ABORT, open, type RootDatabase } from 'lmdb';
import { isFull, reasonOf } from './errors.ts';
import type { KeyCodec } from './keys.ts';
import { Table, type View } from './lmdb-table.ts';
import { type Identity, metaOf } from './meta.ts';
import { PageHeadroom } from './page-headroom.ts';
import { rowCodec } from './rows.ts';
import { numberIn, pagesOf } from './stats.ts';
import { type Storage, type StorageFailure, WriteFailure, type WriteHint } from './storage.ts';
import {
  type ReadTables,
  type TableKeys,
  type TableName,
  tableKeys,
  type WriteTables,
} from './tables.ts';

/**
 * The address space that is set aside for the file, so that it is never mapped anew while somebody
 * reads. It takes no memory.
 */
const MAP_BYTES = 2 ** 40;

/** What most transactions write at most. */
const SOME_ROWS: WriteHint = { rows: 16, bytes: 64 * 1024 };
/** Those above the leaves that it changes in each table, and for the list of free pages. */
const PAGES_OF_A_COMMIT = 48;
/** A long text takes whole pages. */
const OVERFLOW_FACTOR = 1.5;

/** What lmdb-js notes of a page that it could not write, behind the error. It says nothing to an operator. */
const NOTE = 'Attempting to write page';
/** It has so much room for the note, and writes on where that ends. */
const NOTE_BYTES_MAX = 100;

/** The two pages at the beginning of the file that say where everything is. */
const META_PAGES = 2;

type ReadTransaction = ReturnType<RootDatabase['useReadTransaction']>;

/**
 * Opens the LMDB file of a directory. `check` is handed what the store says it is, `undefined` where it
 * says nothing, before anything is written; what it throws ends the opening.
 *
 * Without `overlappingSync` a commit is LMDB's own: it writes the pages, syncs them, and then writes
 * and syncs the meta page that makes them visible. lmdb-js 3.5.6 does that on a thread of its own
 * and resolves after it (`WriteWorker::Write` sets TXN_COMMITTED once `mdb_txn_commit` is back), so
 * a resolved transaction survives a power loss (S1), and nothing is visible that would not.
 *
 * Without `eventTurnBatching` a transaction has one promise, ours. With it there is a second one
 * that nobody holds, and a commit that fails would end the process as an unhandled rejection.
 */
export async function openLmdb(
  directory: string,
  check: (identity: Identity | undefined) => void,
): Promise<Storage> {
  const root = open({
    path: directory,
    noSubdir: false,
    overlappingSync: false,
    eventTurnBatching: false,
    mapSize: MAP_BYTES,
  });
  try {
    check(identityIn(root));
    return new LmdbStorage(root, directory, await PageHeadroom.of(join(directory, 'data.mdb')));
  } catch (error) {
    await root.close();
    throw error;
  }
}

function identityIn(root: RootDatabase): Identity | undefined {
  if (![...root.getKeys()].includes('meta')) return undefined;
  return metaOf({ meta: tableOf(root, 'meta', () => {}) }, 'identity');
}

class LmdbStorage implements Storage {
  readonly tables: ReadTables;
  readonly #root: RootDatabase;
  readonly #directory: string;
  readonly #ahead: PageHeadroom;
  readonly #all: readonly { pages(): number }[];
  /** Those whose rows of one transaction may each lie on a page of their own. */
  readonly #scattered: readonly { pages(): number }[];
  readonly #written: WriteTables;
  #shown: ReadTransaction;
  #isWriting = false;
  #finalFailure: StorageFailure | undefined;
  /** A row that somebody asked for. The others are served. */
  #damage: StorageFailure | undefined;

  constructor(root: RootDatabase, directory: string, ahead: PageHeadroom) {
    this.#root = root;
    this.#directory = directory;
    this.#ahead = ahead;
    const onDamage = ({ message }: Error) => {
      this.#damage ??= { reason: message, isFinal: false };
    };
    const entries = tableOf(root, 'entries', onDamage);
    const log = tableOf(root, 'log', onDamage);
    const values = tableOf(root, 'values', onDamage);
    const tombstones = tableOf(root, 'tombstones', onDamage);
    const tombstoneOrder = tableOf(root, 'tombstoneOrder', onDamage);
    const requests = tableOf(root, 'requests', onDamage);
    const meta = tableOf(root, 'meta', onDamage);
    this.#all = [entries, log, values, tombstones, tombstoneOrder, requests, meta];
    this.#scattered = [entries, tombstones];
    this.#written = { entries, log, values, tombstones, tombstoneOrder, requests, meta };
    this.#shown = root.useReadTransaction();
    const view: View<ReadTransaction> = () => ({
      transaction: this.#shown,
      isWriting: this.#isWriting,
    });
    this.tables = {
      entries: entries.shown(view),
      log: log.shown(view),
      values: values.shown(view),
      tombstones: tombstones.shown(view),
      tombstoneOrder: tombstoneOrder.shown(view),
      requests: requests.shown(view),
      meta: meta.shown(view),
    };
  }

  /**
   * Inside a child transaction, which what is thrown aborts. What fails on the disk fails the commit,
   * and lmdb-js says so only there.
   */
  async transaction<Result>(
    work: (tables: WriteTables) => Result | Promise<Result>,
    hint = SOME_ROWS,
  ): Promise<Result> {
    if (this.#finalFailure !== undefined)
      throw new WriteFailure('nothing written', false, this.#finalFailure.reason);
    await this.#haveRoom(hint);
    let ended: { readonly result: Result } | { readonly thrown: unknown } | undefined;
    const end = (result: Result) => {
      ended = { result };
      this.#isWriting = false;
    };
    const fail = (thrown: unknown) => {
      ended = { thrown };
      this.#isWriting = false;
      return ABORT;
    };
    try {
      await this.#root.childTransaction(() => {
        this.#isWriting = hint.isOverlaid !== true;
        try {
          const result = work(this.#written);
          if (result instanceof Promise) return result.then(end, fail);
          return end(result);
        } catch (error) {
          return fail(error);
        }
      });
    } catch (error) {
      throw await this.#failure(error);
    } finally {
      this.#isWriting = false;
    }
    if (ended === undefined) throw new WriteFailure('unknown', false, 'the transaction never ran');
    if ('thrown' in ended) throw ended.thrown;
    return ended.result;
  }

  /** A row may take a page of its own, and its text some more. */
  async #haveRoom({ rows, bytes }: WriteHint): Promise<void> {
    const { pageBytes, pages } = this.#pages();
    // No more pages of those tables can be touched than there are; those that are added hold what is written.
    const there = this.#scattered.reduce((sum, table) => sum + table.pages(), 0);
    const touched = Math.min(rows, there) + PAGES_OF_A_COMMIT;
    const needed = touched * pageBytes + OVERFLOW_FACTOR * bytes;
    try {
      await this.#ahead.have(pages * pageBytes, needed, () => this.freeBytes());
    } catch (error) {
      const reason = `data.mdb: ${reasonOf(error)}`;
      throw new WriteFailure('nothing written', isFull(error, this.#directory), reason);
    }
  }

  #pages() {
    const stats = this.#root.getStats();
    return { pageBytes: numberIn(stats, 'pageSize'), pages: numberIn(stats, 'lastPageNumber') + 1 };
  }

  get failure(): StorageFailure | undefined {
    return this.#finalFailure ?? this.#damage;
  }

  tend(): void {}

  show(): void {
    if (this.#finalFailure !== undefined) return;
    const before = this.#shown;
    this.#shown = this.#root.useReadTransaction();
    before.done();
  }

  freeBytes(): number {
    const stats = this.#root.getStats();
    let used = META_PAGES + pagesOf(stats);
    for (const name of ['free', 'root']) {
      const part: unknown = Reflect.get(stats, name);
      if (typeof part === 'object' && part !== null) used += pagesOf(part);
    }
    for (const table of this.#all) used += table.pages();
    const pages = numberIn(stats, 'lastPageNumber') + 1;
    return Math.max(0, pages - used) * numberIn(stats, 'pageSize');
  }

  /** What has failed for good is left to the end of the process: LMDB may never come back from its close. */
  async close(): Promise<void> {
    if (this.#finalFailure !== undefined) return;
    const { pageBytes, pages } = this.#pages();
    this.#shown.done();
    await this.#root.close();
    // A disk that takes nothing any more keeps it: the next start uses it.
    await this.#ahead.giveBack(pages * pageBytes).catch(() => undefined);
    await this.#ahead.close();
  }

  /**
   * A commit that failed while its pages were written or synced left no trace: LMDB had not written the
   * meta page that would name them. Once it fails at the meta page it cannot tell what the disk has, and
   * begins no transaction any more, not even to read.
   */
  async #failure(error: unknown): Promise<WriteFailure> {
    const cause = await causeOf(error);
    const outcome = this.#canBegin() ? 'nothing written' : 'unknown';
    const full = isFull(cause, this.#directory);
    const [what = '', note] = reasonOf(cause).split(`: ${NOTE}`);
    const reason = `data.mdb: ${what}`;
    // The note may have damaged the memory of the process.
    const isBeyond = note !== undefined && NOTE.length + note.length >= NOTE_BYTES_MAX;
    if (outcome === 'unknown' || isBeyond || (note !== undefined && !full))
      this.#finalFailure = { reason, isFinal: true };
    return new WriteFailure(outcome, full, reason);
  }

  /** A reading transaction would not tell: lmdb-js uses one that it has begun before. */
  #canBegin(): boolean {
    try {
      this.#root.transactionSync(() => undefined);
      return true;
    } catch {
      return false;
    }
  }
}

/** Why a commit failed: lmdb-js rejects with an error that has the promise of the real one. */
async function causeOf(error: unknown): Promise<unknown> {
  if (!(error instanceof Error) || !('commitError' in error)) return error;
  try {
    return await error.commitError;
  } catch (cause) {
    return cause;
  }
}

function tableOf<Name extends TableName>(
  root: RootDatabase,
  name: Name,
  onDamage: (damage: Error) => void,
): Table<TableKeys[Name], ReadTransaction> {
  const keyEncoder: KeyCodec<TableKeys[Name]> = tableKeys[name];
  const options = { name, keyEncoder, encoder: rowCodec };
  return new Table<TableKeys[Name], ReadTransaction>(
    name,
    root.openDB<string, TableKeys[Name]>(options),
    onDamage,
  );
}
