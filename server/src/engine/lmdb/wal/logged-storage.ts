import { inTurns } from '../../cooperative-steps.ts';
import { reasonOf } from '../errors.ts';
import { putMeta } from '../meta.ts';
import { type Storage, type StorageFailure, WriteFailure } from '../storage.ts';
import type { ReadTables, WriteTables } from '../tables.ts';
import { layeredTables, writtenTables } from './layers.ts';
import { Memtable } from './memtable.ts';
import { MemtableStack } from './memtable-stack.ts';
import { Slices } from './slices.ts';
import type { WriteAheadLog } from './write-ahead-log.ts';
import { writeSlices } from './write-slices.ts';

/** More rows than that share pages enough to be written into the tables at once: once is less than twice. */
const RECORD_ROWS_MAX = 1_500;
/** Who reads a range passes over each tombstone, and the row below it, in two microseconds or three. */
const TOMBSTONES_MAX = 4_000;
/** A longer value is not written twice, nor held in memory until the tables have it. */
const RECORD_VALUE_LENGTH_MAX = 32 * 1024;

export interface LoggedStorageParts {
  readonly base: Storage;
  readonly log: WriteAheadLog;
  /** Transactions that went into the tables themselves before. */
  readonly direct: number;
  /** What is larger goes into the tables itself. */
  readonly recordBytesMax: number;
  /** Whether a write failed for want of room. */
  readonly isFull: (error: unknown) => boolean;
  /** Runs something in a turn of its own, soon. */
  readonly defer: (run: () => void) => void;
}

/**
 * A storage whose transactions are on the disk with one write of a log, where the tables would take a
 * page for nearly every row of each.
 *
 * 1. What a transaction writes is appended to the log. Then it is durable, and goes into the memtable,
 *    which lies over the tables for all who read.
 * 2. A segment of the log is full, or its memtable has so many tombstones that a range of nothing would
 *    take long to read: its memtable is frozen, and the next segment and a new memtable are
 *    begun. In the background a checkpoint writes the frozen one into the tables, a slice at a time. That
 *    the tables have a segment is said with the last slice; until then the log has it, too, so it does
 *    not matter how far a checkpoint came when the server died: its rows are written once more.
 * 3. The second segment is full before the first is in the tables: the next to write waits for that.
 * 4. A transaction that is too large for the log is written into the tables itself, after all that was
 *    before it.
 * 5. The log finds no room: what was to be appended goes into the tables as well.
 * 6. An append fails: it is withdrawn, so that nothing of it comes back. If that fails as well, nobody
 *    knows what the disk has, and that is what the writer is told.
 */
export class LoggedStorage implements Storage {
  readonly tables: ReadTables;
  readonly #parts: LoggedStorageParts;
  readonly #base: Storage;
  readonly #log: WriteAheadLog;
  /** For the transaction that is under way. */
  readonly #tables: WriteTables;
  readonly #stack = new MemtableStack();
  /** Durable, and not shown yet. */
  #durable: Memtable | 'in the tables' | undefined;
  #checkpoint: Promise<void> | undefined;
  #direct: number;
  #failure: StorageFailure | undefined;

  constructor(parts: LoggedStorageParts) {
    this.#parts = parts;
    this.#base = parts.base;
    this.#log = parts.log;
    this.#direct = parts.direct;
    this.tables = layeredTables(parts.base.tables, () => this.#stack.shown);
    this.#tables = writtenTables(
      parts.base.tables,
      () => this.#stack.all,
      () => this.#stack.written,
    );
  }

  async transaction<Result>(
    work: (tables: WriteTables) => Result | Promise<Result>,
  ): Promise<Result> {
    this.show();
    const written = this.#stack.begin();
    const result = await work(this.#tables);
    if (written.size === 0) return result;
    if (this.#isLarge(written)) await this.#writeIntoTables(written);
    else await this.#appendOrWrite(written);
    return result;
  }

  show(): void {
    const durable = this.#durable;
    this.#durable = undefined;
    if (durable === 'in the tables') this.#base.show();
    else if (durable !== undefined) this.#stack.active.take(durable);
  }

  get failure(): StorageFailure | undefined {
    return this.#base.failure ?? this.#failure;
  }

  tend(): void {
    if (this.#failure?.isFinal === false && this.#checkpoint === undefined) this.#checkpointSoon();
  }

  freeBytes(): number {
    return this.#base.freeBytes();
  }

  /** Leaves all in the tables. Where that fails, the log has it for the next start. */
  async close(): Promise<void> {
    if (this.failure?.isFinal !== true)
      try {
        // safeguard: segment-is-closed-with-what-it-has
        await this.#flush();
        await this.#sayWhere(true);
      } catch {
        // It is in the log.
      }
    await this.#log.close();
    await this.#base.close();
  }

  #isLarge(written: Memtable): boolean {
    return (
      written.bytes > this.#parts.recordBytesMax ||
      written.size > RECORD_ROWS_MAX ||
      written.rows.values.longest > RECORD_VALUE_LENGTH_MAX
    );
  }

  /** On a disk where the log finds no room, the tables may have some inside. */
  async #appendOrWrite(written: Memtable): Promise<void> {
    try {
      await this.#append(written);
    } catch (error) {
      const isWorthATry =
        error instanceof WriteFailure && error.outcome === 'nothing written' && error.isFull;
      if (!isWorthATry) throw error;
      await this.#writeIntoTables(written);
    }
  }

  async #append(written: Memtable): Promise<void> {
    if (this.#log.isFull || this.#stack.active.removed > TOMBSTONES_MAX) await this.#turn();
    try {
      await this.#log.append(written);
    } catch (error) {
      throw await this.#withdrawn(error);
    }
    // safeguard: written-shows-once-it-came-out
    this.#durable = written;
  }

  async #turn(): Promise<void> {
    await this.#finishCheckpoint();
    try {
      await this.#log.turn();
    } catch (error) {
      throw await this.#withdrawn(error);
    }
    this.#stack.freeze();
    this.#checkpointSoon();
  }

  /** What fails here is tried again before the next turn, and then the one who writes is told. */
  #checkpointSoon(): void {
    this.#beginCheckpoint().catch((error: unknown) => {
      const why = this.#parts.isFull(error) ? 'the disk is full, so ' : '';
      const reason = `${why}the log could not be brought into the tables: ${reasonOf(error)}`;
      if (this.#failure?.isFinal !== true) this.#failure = { reason, isFinal: false };
    });
  }

  async #withdrawn(error: unknown): Promise<WriteFailure> {
    const isForWantOfRoom = this.#parts.isFull(error);
    try {
      await this.#log.withdraw();
    } catch {
      // safeguard: failed-withdrawal-leaves-a-doubt
      this.#failure = { reason: reasonOf(error), isFinal: true };
      return new WriteFailure('unknown', isForWantOfRoom, reasonOf(error));
    }
    return new WriteFailure('nothing written', isForWantOfRoom, reasonOf(error));
  }

  async #finishCheckpoint(): Promise<void> {
    // safeguard: segment-is-in-the-tables-before-its-file-is-used-again
    if (this.#stack.frozen !== undefined) await (this.#checkpoint ?? this.#beginCheckpoint());
  }

  #beginCheckpoint(): Promise<void> {
    const { sequence } = this.#log.place;
    this.#checkpoint = this.#writeFrozen(sequence).finally(() => {
      this.#checkpoint = undefined;
    });
    return this.#checkpoint;
  }

  /** `sequence`: of the segment that the log goes on with. Its first record is there already. */
  async #writeFrozen(sequence: number): Promise<void> {
    const { frozen } = this.#stack;
    if (frozen === undefined) return;
    // safeguard: tables-have-a-segment-before-they-name-it
    await this.#writeSlices(frozen);
    const place = { sequence, records: 1, isClosed: false, direct: this.#direct };
    await this.#base.transaction((tables) => putMeta(tables, 'wal', place));
    this.#stack.dropFrozen();
    if (this.#failure?.isFinal !== true) this.#failure = undefined;
    this.#base.show();
  }

  #writeSlices(memtable: Memtable): Promise<void> {
    return writeSlices(this.#base, memtable, this.#parts.defer);
  }

  /** Brings the tables up to date with the log, so that nothing lies over them. */
  async #flush(): Promise<void> {
    this.show();
    await this.#finishCheckpoint();
    const { active } = this.#stack;
    if (active.size === 0) return;
    await this.#writeSlices(active);
    this.#stack.dropActive();
    this.#base.show();
  }

  /**
   * One transaction of the tables, which also says that all of the log before it is in them. The log is told
   * of it before its writer is: where LMDB falls back on what it had before, that is seen by the next start.
   */
  async #writeIntoTables(written: Memtable): Promise<void> {
    // safeguard: large-transaction-comes-after-all-before-it
    await this.#flush();
    const direct = this.#direct + 1;
    const place = { ...this.#log.place, isClosed: false, direct };
    // To put so many rows into their order would stop all others, if it were done when it is needed.
    await inTurns(written.putInOrder(), this.#parts.defer);
    const slices = new Slices(written);
    await this.#base.transaction((tables) => {
      // safeguard: large-transaction-says-what-the-tables-have
      putMeta(tables, 'wal', place);
      return slices.writeInSteps(tables, written.size, this.#parts.defer);
    }, Slices.sizeOfAll(written));
    this.#direct = direct;
    this.#durable = 'in the tables';
    await this.#note(direct);
  }

  /** It is durable without that, so a log that finds no room keeps nobody from being told so. */
  async #note(direct: number): Promise<void> {
    const note = new Memtable();
    note.rows.meta.set('direct', String(direct));
    try {
      await this.#log.append(note);
    } catch (error) {
      await this.#withdrawn(error);
    }
  }

  async #sayWhere(isClosed: boolean): Promise<void> {
    const place = { ...this.#log.place, isClosed, direct: this.#direct };
    await this.#base.transaction((tables) => putMeta(tables, 'wal', place));
  }
}
