import { type Clock, ProtocolError } from '@confer/shared';
import type { EngineMeasures } from '../../measures.ts';
import type {
  CommitOutcome,
  DiskFigures,
  Engine,
  EngineCommit,
  EngineWrites,
  Timeline,
  WriteRequest,
} from '../engine.ts';
import { Feed } from '../feed.ts';
import { Retention, type RetentionLimits } from '../retention.ts';
import type { Progress } from './commit-rows.ts';
import { DiskCapacity, type Reserve } from './disk-capacity.ts';
import { IdempotencyWindow } from './idempotency-window.ts';
import { LmdbReads } from './lmdb-reads.ts';
import { Maintenance } from './maintenance.ts';
import { type Storage, WriteFailure } from './storage.ts';
import { StorageHealth } from './storage-health.ts';
import type { WriteTables } from './tables.ts';
import { Writes } from './writes.ts';

export interface LmdbEngineParts {
  readonly storage: Storage;
  readonly epoch: string;
  readonly timelines: readonly Timeline[];
  readonly progress: Progress;
  readonly clock: Clock;
  /** Milliseconds that this process has run, whatever is done to the clock of the machine. */
  readonly uptimeMs: () => number;
  /** Runs something in a turn of its own, soon. */
  readonly defer: (run: () => void) => void;
  readonly tombstonesMax: number;
  readonly reserve: Reserve;
  readonly measures: EngineMeasures;
  /** Given how much of the file holds nothing. */
  readonly disk: (freeBytes: number) => Promise<DiskFigures>;
  /** Why what is written would not be found again, or `undefined`. */
  readonly problem: () => string | undefined;
  /** Lets go of the storage, and of all that was opened for it. */
  readonly release: (progress: Progress) => Promise<void>;
  /** Without it, history is kept until somebody asks for a compaction. */
  readonly retention?: RetentionLimits | undefined;
  readonly onNotice: (notice: string) => void;
}

/** How often is looked whether the store is still where it was. */
const LOOK_EVERY_MS = 1_000;
/** A write looks, too, where nobody did for this long: a look takes two calls of the system. */
const LOOKED_RECENTLY_MS = 20;

/** The engine over LMDB's tables. Opened by `openLmdbEngine`. */
export class LmdbEngine implements Engine {
  readonly name = 'lmdb';
  readonly supports = {
    durable: true,
    remembersDeletes: true,
    gapless: true,
    ordered: true,
    shared: false,
  };
  readonly epoch: string;
  readonly timelines: readonly Timeline[];
  readonly reads: LmdbReads;
  readonly writes: EngineWrites = { commit: (request) => this.#commit(request) };
  readonly feed = new Feed();
  readonly health: StorageHealth;
  readonly maintenance: Maintenance;
  readonly #parts: LmdbEngineParts;
  readonly #writes: Writes;
  readonly #retention: Retention | undefined;
  readonly #capacity: DiskCapacity;
  readonly #requests: IdempotencyWindow;
  /** Transactions come one after the other. */
  #transactions: Promise<unknown> = Promise.resolve();
  #shown: Progress;
  #lookedAtMs = Number.NEGATIVE_INFINITY;
  #closing: Promise<void> | undefined;

  constructor(parts: LmdbEngineParts) {
    const { storage, epoch, timelines, progress, clock, uptimeMs, defer, tombstonesMax } = parts;
    this.#parts = parts;
    this.epoch = epoch;
    this.timelines = timelines;
    this.#shown = progress;
    this.#capacity = new DiskCapacity(parts.reserve, () => storage.freeBytes());
    this.health = new StorageHealth(clock, uptimeMs);
    this.#requests = new IdempotencyWindow(storage.tables, progress.revision, uptimeMs);
    const shown = () => this.#shown;
    this.maintenance = new Maintenance({
      tables: storage.tables,
      requests: this.#requests,
      tombstonesMax,
      transaction: (work) => this.#maintenanceTransaction(work),
      visible: shown,
      refusal: () => this.#refusal(),
      measures: parts.measures,
      disk: () => parts.disk(storage.freeBytes()),
    });
    this.reads = new LmdbReads(storage.tables, shown, this.maintenance);
    this.#writes = new Writes({
      tables: storage.tables,
      clock,
      requests: this.#requests,
      uptimeMs,
      defer,
      measures: parts.measures,
      transaction: (work, written, isFreeing) => this.#transaction(work, written, isFreeing),
      visible: shown,
      compactedRevision: () => this.reads.compactedRevision,
      tombstoneFloor: () => this.reads.tombstoneFloor,
      onCommitted: (...durable) => this.#onCommitted(...durable),
    });
    this.#retention =
      parts.retention === undefined
        ? undefined
        : new Retention(this, clock, parts.retention, parts.onNotice);
    this.#lookLater();
  }

  #commit(request: WriteRequest): Promise<CommitOutcome> {
    const refusal = this.#refusal();
    return refusal === undefined
      ? this.#writes.commit(request)
      : this.#writes.refused(request, refusal);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  #onCommitted(commits: readonly EngineCommit[], progress: Progress): void {
    this.#parts.storage.show();
    this.#shown = progress;
    this.feed.tell({ kind: 'commits', commits });
  }

  #maintenanceTransaction<Result>(work: (tables: WriteTables) => Result): Promise<Result> {
    return this.#transaction(work, () => this.#parts.storage.show(), true);
  }

  /** What was written is told before the next transaction begins. */
  #transaction<Result>(
    work: (tables: WriteTables) => Result | Promise<Result>,
    written: (result: Result) => void,
    isFreeing: boolean,
  ): Promise<Result> {
    const transaction = this.#transactions.then(async () => {
      this.health.began();
      try {
        const result = await this.#run(work, isFreeing);
        written(result);
        return result;
      } finally {
        this.health.ended();
      }
    });
    this.#transactions = transaction.catch(() => undefined);
    return transaction;
  }

  /** Runs a transaction, once more where it failed for want of room and some could be made. */
  async #run<Result>(
    work: (tables: WriteTables) => Result | Promise<Result>,
    isFreeing: boolean,
  ): Promise<Result> {
    if (this.#parts.uptimeMs() - this.#lookedAtMs >= LOOKED_RECENTLY_MS) this.#look();
    this.#lookAtStorage();
    if (this.health.current.kind === 'failed')
      throw new WriteFailure('nothing written', false, this.health.current.reason);
    this.#capacity.admit(isFreeing);
    for (;;)
      try {
        const result = await this.#parts.storage.transaction(work);
        this.#capacity.wrote();
        if (!this.#capacity.isShort && this.#parts.storage.failure === undefined)
          this.health.worked();
        return result;
      } catch (error) {
        if (!this.#mayTryAgain(error, isFreeing)) throw error;
      }
  }

  #mayTryAgain(error: unknown, isFreeing: boolean): boolean {
    if (!(error instanceof WriteFailure)) return false;
    if (error.outcome === 'unknown') {
      this.health.fail(`a commit may or may not be on the disk: ${error.message}`);
      return false;
    }
    this.#lookAtStorage();
    if (this.health.hasFailed) return false;
    const mayTryAgain = error.isFull && this.#capacity.hasMoreFor(isFreeing);
    if (!mayTryAgain)
      this.health.degrade(
        error.isFull
          ? `the disk is full, so only deletes and compaction are taken: ${error.message}`
          : `writes fail: ${error.message}`,
      );
    return mayTryAgain;
  }

  #lookLater(): void {
    this.#parts.clock.setTimer(LOOK_EVERY_MS, () => {
      if (this.#closing !== undefined || this.health.hasFailed) return;
      this.#look();
      this.#parts.storage.tend();
      this.health.tend();
      this.#lookLater();
    });
  }

  #look(): void {
    this.#lookedAtMs = this.#parts.uptimeMs();
    const moved = this.#parts.problem();
    if (moved !== undefined) this.health.fail(moved);
    else this.#lookAtStorage();
  }

  #lookAtStorage(): void {
    this.health.follow(this.#parts.storage.failure);
  }

  async #close(): Promise<void> {
    this.#retention?.stop();
    await this.#writes.drained();
    await this.maintenance.stop();
    await this.#transactions;
    // Whoever ends it hears of what went wrong since the last look.
    this.#look();
    await this.#parts.release(this.#shown);
  }

  #refusal(): ProtocolError | undefined {
    if (this.#closing !== undefined)
      return new ProtocolError('unavailable', 'the engine is closed');
    const { current: health } = this.health;
    if (health.kind !== 'failed') return undefined;
    return new ProtocolError('unavailable', `the storage failed: ${health.reason}`);
  }
}
