import { ProtocolError } from '@confer/shared';
import type { EngineMeasures } from '../../measures.ts';
import type { DiskFigures, EngineMaintenance } from '../engine.ts';
import { type HistoryWindow, requireHappened, requireInWindow } from '../history-window.ts';
import { prunedCount } from '../tombstones-limit.ts';
import type { Progress } from './commit-rows.ts';
import {
  compactStep,
  type Done,
  NOTHING_DONE,
  NOTHING_PRUNED,
  type Pruned,
  pruneStep,
} from './compaction.ts';
import { failureOf } from './errors.ts';
import { headAt } from './history.ts';
import type { IdempotencyWindow } from './idempotency-window.ts';
import { type CompactionState, metaOf, NOTHING_COMPACTED, putMeta } from './meta.ts';
import type { ReadTables, WriteTables } from './tables.ts';

export interface MaintenanceContext {
  readonly tables: ReadTables;
  readonly requests: IdempotencyWindow;
  /** Deletes that are known beyond history. */
  readonly tombstonesMax: number;
  /** Runs a transaction that makes room in the end, and shows what it wrote. */
  readonly transaction: <Result>(work: (tables: WriteTables) => Result) => Promise<Result>;
  readonly visible: () => Progress;
  /** Why nothing can be asked for any more. */
  readonly refusal: () => ProtocolError | undefined;
  readonly measures: EngineMeasures;
  readonly disk: () => Promise<DiskFigures>;
}

/** Compacts, a call after the other, in small transactions between which writers have theirs. */
export class Maintenance implements EngineMaintenance {
  readonly #context: MaintenanceContext;
  #compacted: CompactionState;
  #tombstoneFloor: number;
  #work: Promise<void> = Promise.resolve();
  #isStopped = false;
  #done: Done = NOTHING_DONE;

  constructor(context: MaintenanceContext) {
    const { tables } = context;
    this.#context = context;
    this.#compacted = metaOf(tables, 'compacted') ?? NOTHING_COMPACTED;
    this.#tombstoneFloor = metaOf(tables, 'tombstoneFloor') ?? 0;
  }

  get compacted(): CompactionState {
    return this.#compacted;
  }

  get tombstoneFloor(): number {
    return this.#tombstoneFloor;
  }

  get historyBytes(): number {
    return this.#context.visible().bytesSoFar - this.#compacted.bytesSoFar;
  }

  get historyCommits(): number {
    return this.#context.visible().revision - this.#compacted.revision;
  }

  disk(): Promise<DiskFigures> {
    return this.#context.disk();
  }

  timeAfter(revision: number): number | undefined {
    requireInWindow(revision, this.#window);
    return headAt(this.#context.tables, revision + 1)?.time;
  }

  async compact(revision: number): Promise<void> {
    requireHappened(revision, this.#window);
    const refusal = this.#context.refusal();
    if (refusal !== undefined) throw refusal;
    const { measures } = this.#context;
    const compaction = this.#work.then(() => measures.compaction(() => this.#compact(revision)));
    this.#work = compaction.catch(() => undefined);
    await compaction;
  }

  get #window(): HistoryWindow {
    const { revision } = this.#context.visible();
    return { revision, compactedRevision: this.#compacted.revision };
  }

  /** Breaks off what is under way after its step. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#work;
  }

  async #compact(revision: number): Promise<void> {
    try {
      await this.#moveTo(revision);
      for (let isMore = await this.#step(); isMore; ) {
        this.#requireRunning();
        isMore = await this.#step();
      }
      await this.#trim();
    } catch (error) {
      throw failureOf(error);
    }
  }

  /**
   * The new beginning of history is on the disk, and shown, before the first row goes: nobody reads a
   * history with holes, not even after a crash between two steps.
   */
  async #moveTo(revision: number): Promise<void> {
    this.#requireRunning();
    if (revision <= this.#compacted.revision) return;
    const { tables, transaction } = this.#context;
    const head = headAt(tables, revision);
    if (head === undefined) throw new Error(`history has no commit ${revision}`);
    const { time, changesSoFar, bytesSoFar } = head;
    const compacted = { revision, time, changesSoFar, bytesSoFar };
    await transaction((written) => putMeta(written, 'compacted', compacted));
    this.#compacted = compacted;
  }

  /** Goes on where the last compaction ended, too: what is before that is gone. Returns whether there is more. */
  async #step(): Promise<boolean> {
    const { requests, transaction } = this.#context;
    const { revision } = this.#compacted;
    const droppable = { revision, requests: Math.min(revision, requests.forgettable()) };
    const { done, isMore } = await transaction((tables) =>
      compactStep(tables, droppable, this.#done),
    );
    this.#done = done;
    return isMore;
  }

  /** The oldest go once there are too many: one at a time would cost a transaction each. */
  async #trim(): Promise<void> {
    const { tables, tombstonesMax } = this.#context;
    const count = tables.tombstoneOrder.count();
    if (count <= tombstonesMax) return;
    const tooMany = count - prunedCount(tombstonesMax);
    let trimmed = NOTHING_PRUNED;
    for (let before = -1; before < trimmed.count && trimmed.count < tooMany; ) {
      this.#requireRunning();
      before = trimmed.count;
      trimmed = await this.#trimSome(tooMany - trimmed.count, trimmed);
    }
  }

  /** What is forgotten is said before it is, in the same transaction. */
  async #trimSome(count: number, before: Pruned): Promise<Pruned> {
    const trimmed = await this.#context.transaction((tables) => {
      const step = pruneStep(tables, count, before);
      if (step.count > before.count) putMeta(tables, 'tombstoneFloor', step.last[0]);
      return step;
    });
    this.#tombstoneFloor = Math.max(this.#tombstoneFloor, trimmed.last[0]);
    return trimmed;
  }

  #requireRunning(): void {
    if (this.#isStopped) throw new ProtocolError('unavailable', 'the engine is closed');
  }
}
