import { type Clock, ProtocolError } from '@confer/shared';
import type { MadeCommit } from '../engine.ts';
import { REQUEST_KEPT_MS } from '../request-memory.ts';
import type { CommitLog } from './commit-log.ts';
import { Compaction } from './compaction.ts';
import { deletionsFloorOf } from './deletions.ts';
import type { Tables } from './layout.ts';
import { settledOf } from './recovery.ts';
import { settle } from './settling.ts';
import type { Progress, Storage } from './storage.ts';
import { trimDeletions } from './trimming.ts';
import type { Unsettled } from './unsettled.ts';

/** After so many changes, or so many bytes, the tables are brought up to date. */
const SETTLE_CHANGES = 20_000;
const SETTLE_BYTES = 16 * 1024 * 1024;

/**
 * So many paths that are not in the tables make it dear to read a range: each is written as text again
 * for every reader. A store that stays small would never be brought up to date by its writes.
 */
const READ_OVER_PATHS = 500;

/** Writers wait while more than this is unsettled: it lies in memory, and opening reads it back. */
const UNSETTLED_PATHS_MAX = 200_000;
const UNSETTLED_BYTES_MAX = 128 * 1024 * 1024;

interface UpkeepContext {
  readonly storage: Storage;
  readonly tables: Tables;
  readonly log: Pick<CommitLog, 'moveUpTo'>;
  readonly clock: Clock;
  readonly unsettled: Unsettled;
  readonly deletionsMax: number;
  readonly shown: () => Progress;
}

/** What is done to the tables behind the writers: settling, compacting, and letting deletes go. */
export class LmdbUpkeep {
  readonly #context: UpkeepContext;
  #compactedRevision: number;
  #deletionsFloor: number;
  #settledRevision: number;
  #changes = 0;
  #settling: Promise<void> | undefined;
  /** Compactions and trimmings, one after the other. */
  #work: Promise<void> = Promise.resolve();
  #isTrimming = false;
  #isStopped = false;

  constructor(context: UpkeepContext) {
    const { tables } = context;
    this.#context = context;
    const compacted = tables.meta.get('compacted');
    this.#compactedRevision = typeof compacted === 'number' ? compacted : 0;
    this.#deletionsFloor = deletionsFloorOf(tables);
    [this.#settledRevision] = settledOf(tables);
  }

  get compactedRevision(): number {
    return this.#compactedRevision;
  }

  get deletionsFloor(): number {
    return this.#deletionsFloor;
  }

  /** Looks whether something is to be done after these. What fails is tried again after the next. */
  committed(commits: readonly MadeCommit[]): void {
    const { unsettled } = this.#context;
    let hasDeletes = false;
    for (const { changes } of commits) {
      this.#changes += changes.length;
      hasDeletes ||= changes.some(({ type }) => type === 'delete');
    }
    if (this.#changes >= SETTLE_CHANGES || unsettled.bytes >= SETTLE_BYTES)
      this.#settle().catch(() => undefined);
    if (hasDeletes && this.#hasTooManyDeletions()) this.#trim();
  }

  /** Somebody reads a range: those who come next find it in the tables. */
  wasRead(): void {
    if (this.#context.unsettled.size >= READ_OVER_PATHS) this.#settle().catch(() => undefined);
  }

  /** Resolves when there is room for more that is unsettled; absent where there is. */
  room(): Promise<void> | undefined {
    const { size, bytes } = this.#context.unsettled;
    if (size <= UNSETTLED_PATHS_MAX && bytes <= UNSETTLED_BYTES_MAX) return undefined;
    return this.#settle().catch(() => undefined);
  }

  compact(revision: number): Promise<void> {
    const compaction = this.#work.then(() => this.#compact(revision));
    this.#work = compaction.catch(() => undefined);
    return compaction;
  }

  /** Breaks off what goes in steps, and leaves nothing in the journal nor to be settled if it can. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#work;
    const { log, shown } = this.#context;
    const { revision } = shown();
    await log.moveUpTo(revision).catch(() => undefined);
    await this.#settleUpTo(revision).catch(() => undefined);
  }

  #hasTooManyDeletions(): boolean {
    const { storage, unsettled, deletionsMax } = this.#context;
    return storage.tables.deletionOrder.count() + unsettled.deletions.size > deletionsMax;
  }

  #settle(): Promise<void> {
    this.#settling ??= this.#settleNow().finally(() => {
      this.#settling = undefined;
    });
    return this.#settling;
  }

  async #settleNow(): Promise<void> {
    const { storage, unsettled, shown } = this.#context;
    this.#changes = 0;
    const { revision } = await settle(storage, unsettled, shown);
    this.#settledRevision = revision;
  }

  async #settleUpTo(revision: number): Promise<void> {
    while (this.#settledRevision < revision) await this.#settle();
  }

  #trim(): void {
    if (this.#isTrimming) return;
    this.#isTrimming = true;
    this.#work = this.#work
      .then(() => this.#trimNow())
      .catch(() => undefined)
      .finally(() => {
        this.#isTrimming = false;
      });
  }

  async #trimNow(): Promise<void> {
    const { storage, deletionsMax, shown } = this.#context;
    const isStopped = () => this.#isStopped;
    while (!isStopped() && this.#hasTooManyDeletions()) {
      await this.#settleUpTo(shown().revision);
      await trimDeletions(storage, deletionsMax, isStopped, (floor) => {
        this.#deletionsFloor = Math.max(this.#deletionsFloor, floor);
      });
    }
  }

  /**
   * The new `compactedRevision` is on the disk, and shown, before the first row goes: nobody reads
   * a history with holes, not even after a crash between two steps. And all up to it is settled, because
   * what is not has to be in the log, and moved, because it goes from the table.
   */
  async #compact(revision: number): Promise<void> {
    const { storage, tables, log, clock } = this.#context;
    if (revision > this.#compactedRevision && !this.#isStopped) {
      await this.#settleUpTo(revision);
      await log.moveUpTo(revision);
      await storage.write(() => storage.tables.meta.put('compacted', revision));
      this.#compactedRevision = revision;
    }
    const forgetBefore = clock.now() - REQUEST_KEPT_MS;
    const compaction = new Compaction(tables, this.#compactedRevision, forgetBefore);
    await compaction.run(storage, () => this.#isStopped);
    if (this.#isStopped) throw new ProtocolError('unavailable', 'the engine is closed');
  }
}
