import { type Change, fromWireCommit, type Position, type WireCommit } from '@confer/shared';
import type { MirrorChange, MirrorReady } from '../api.ts';
import { isComparable } from '../connection/comparable.ts';
import { OutageTimer } from '../connection/outage-timer.ts';
import { frozenChanges } from '../delivery/frozen.ts';
import type { WatchDiagnostics } from '../diagnostics.ts';
import { ConferError } from '../errors.ts';
import { ConditionVariable } from '../requests/condition-variable.ts';
import type { Deadline } from '../requests/deadline.ts';
import type { LostEvent, MirrorStatus, MirrorStatusChange } from '../status.ts';
import type { ClientContext } from '../watch/context.ts';
import type { ServerWatch } from '../watch/server-watch.ts';
import type { Checksum, CopyEffect, WatchConsumer, WatchState } from '../watch/watch-state.ts';
import { EntryTable } from './entry-table.ts';

/** An observer of a replica, which is a mirror: told at the very moment, before any listener is. */
export interface ReplicaObserver {
  changed(change: MirrorChange): void;
  statusChanged(change: MirrorStatusChange): void;
  lost(event: LostEvent): void;
  /** The revision may have moved. */
  moved(): void;
  failed(error: ConferError): void;
}

/** The replica of one subtree: its live copy, shared by all mirrors of that path. */
export class Replica implements WatchConsumer {
  readonly path: string;
  readonly #context: ClientContext;
  readonly #onOver: () => void;
  readonly #watch: ServerWatch;
  readonly #observers = new Set<ReplicaObserver>();
  readonly #waiters: ConditionVariable;
  #table = new EntryTable();
  /** What the table shows. */
  #position: Position | undefined;
  #status: Exclude<MirrorStatus, 'closed'> = 'syncing';
  readonly #outage: OutageTimer;
  /** What came of the digests so far. */
  readonly proofs = { held: 0, failed: 0 };
  /** Somebody waits for a digest. */
  #isVerifying = false;
  /** When the server had what is shown, as long as that is only what was kept on this machine. */
  #keptAt: number | undefined;
  #reason = '';
  #failure: ConferError | undefined;

  /** `onOver` is called when it will never be live again. */
  constructor(path: string, context: ClientContext, onOver: () => void) {
    this.path = path;
    this.#context = context;
    this.#onOver = onOver;
    this.#outage = new OutageTimer(context.clock, context.graceMs, (event) => {
      for (const observer of [...this.#observers]) observer.lost(event);
    });
    this.#outage.begin();
    this.#waiters = new ConditionVariable(`the mirror of ${path}`, this);
    const after = this.#restore();
    this.#watch = context.watches.add({ path, mode: 'state', prev: false, after }, this);
  }

  /** Begins with what was kept. Returns where to go on from. */
  #restore(): Position | undefined {
    const kept = this.#context.snapshots?.load(this.path);
    if (kept === undefined) return undefined;
    this.#table = this.#table.rebuilt([kept.entries], false);
    this.#position = kept.position;
    // A clock may have been set back since.
    this.#keptAt = Math.min(kept.keptAt, this.#context.clock.now());
    this.#status = 'stale';
    return kept.isPartial ? undefined : kept.position;
  }

  get table(): EntryTable {
    return this.#table;
  }

  get position(): Position | undefined {
    return this.#position;
  }

  get status(): Exclude<MirrorStatus, 'closed'> {
    return this.#status;
  }

  get source(): MirrorReady['source'] | undefined {
    return this.#keptAt === undefined ? this.#position && 'server' : 'snapshot';
  }

  get staleSince(): number | undefined {
    return this.#keptAt ?? this.#outage.since;
  }

  get failure(): ConferError | undefined {
    return this.#failure;
  }

  /** For the error of who waited in vain. */
  get failureReason(): string {
    return (
      this.#context.connection.failureReason || (this.#reason === '' ? '' : `: ${this.#reason}`)
    );
  }

  diagnostics(): WatchDiagnostics {
    return {
      ...this.#watch.diagnostics(),
      status: this.#status,
      staleSince: this.staleSince,
      position: this.#position && { ...this.#position },
      mirrors: this.#observers.size,
      entries: this.#table.size,
      digest: this.#table.digest,
      proofs: { ...this.proofs },
    };
  }

  join(observer: ReplicaObserver): void {
    this.#observers.add(observer);
  }

  /** Asks the server for its digest. A replica that is not live asks once it is. */
  verify(): void {
    this.#isVerifying = true;
    this.#watch.verify();
  }

  /** When nobody is left, it is over. */
  leave(observer: ReplicaObserver): void {
    this.#observers.delete(observer);
    if (this.#observers.size > 0) return;
    this.#outage.stop();
    this.#keep();
    this.#context.snapshots?.left(this.path);
    this.#context.watches.remove(this.#watch);
    this.#waiters.release();
    this.#onOver();
  }

  /** For read-your-writes: resolves when it shows what was written at that position. */
  async show(written: Position, deadline: Deadline): Promise<void> {
    if (this.#observers.size === 0 || this.#failure !== undefined) return;
    return this.#waiters.until(
      () => this.#isPast(written),
      deadline,
      `at revision ${written.revision}, which is written,`,
    );
  }

  /**
   * Across epochs and timelines, revisions say nothing. Once it is live over another connection than the
   * one of the answer, it has the write, or the write is no part of history any more.
   */
  #isPast(written: Position): boolean {
    // safeguard: write-waits-on-another-timeline
    return isComparable(this.#position, written)
      ? this.#position.revision >= written.revision
      : this.#status === 'live';
  }

  receive(effect: CopyEffect): void {
    if (!this.#perform(effect)) this.#distrust();
    else if (effect.type === 'apply' || effect.type === 'advance') this.#reach(effect.position);
  }

  /** `false`: something of it does not fit what is held, and was not done. */
  #perform(effect: CopyEffect): boolean {
    switch (effect.type) {
      case 'apply':
        return effect.commits.every((commit) => this.#apply(commit, effect.position));
      case 'merge':
        return this.#merge(effect);
      case 'replace':
        return this.#replace(effect);
      case 'advance':
        return this.#verified(this.#table, effect.checksum);
    }
  }

  moved(_state: WatchState, reason: string): void {
    if (this.#failure !== undefined) return;
    const isLive = this.#watch.isLive && this.#position !== undefined;
    if (isLive) this.#keptAt = undefined;
    else this.#reason = reason;
    this.#become(isLive ? 'live' : this.#position === undefined ? 'syncing' : 'stale', reason);
    this.#waiters.notify();
    if (isLive && this.#isVerifying) this.#watch.verify();
  }

  failed(error: ConferError): void {
    this.#failure = error;
    if (error.code === 'forbidden') this.#context.snapshots?.drop(this.path);
    this.#onOver();
    this.#context.listeners.hold(() => {
      this.#become('failed', error.message);
      this.#waiters.release();
      for (const observer of [...this.#observers]) observer.failed(error);
    });
  }

  /** Each commit is told with the state right after it; whoever left meanwhile hears no more. */
  #apply(wire: WireCommit, reached: Position): boolean {
    if (this.#observers.size === 0) return true;
    const commit = this.#table.expanded(fromWireCommit(wire));
    if (commit === undefined) return false;
    const { changes: targets, ...about } = commit;
    const changes = this.#table.plan(targets);
    this.#table.apply(changes);
    this.#position = { ...reached, revision: commit.revision };
    if (changes.length > 0)
      this.#tell({ revision: commit.revision, origin: 'live', changes, commit: about });
    this.#keep();
    return true;
  }

  #merge({ pages, position, checksum }: Extract<CopyEffect, { type: 'merge' }>): boolean {
    const changes = this.#table.planPages(pages);
    if (!this.#verified(this.#table, checksum, changes)) return false;
    this.#table.apply(changes);
    this.#resynced(changes, position);
    return true;
  }

  /** Snapshot swap: built beside what is shown, and swapped at once. The initial state is no change. */
  #replace({ pages, position, checksum }: Extract<CopyEffect, { type: 'replace' }>): boolean {
    const last = this.#table;
    const isFirst = this.#position === undefined;
    // safeguard: entries-of-two-timelines-are-compared
    const next = last.rebuilt(pages, isComparable(this.#position, position));
    if (!this.#verified(next, checksum)) return false;
    this.#table = next;
    this.#resynced(isFirst ? [] : last.differenceTo(next), position);
    return true;
  }

  #verified(table: EntryTable, checksum: Checksum, changes?: readonly Change[]): boolean {
    const isRight = table.matches(checksum, changes);
    if (checksum.digest !== undefined) {
      this.proofs[isRight ? 'held' : 'failed']++;
      this.#isVerifying = false;
    }
    return isRight;
  }

  #resynced(changes: MirrorChange['changes'], position: Position): void {
    this.#position = position;
    this.#context.listeners.hold(() => {
      this.moved(this.#watch.state, 'synced');
      this.#reach(position);
      if (changes.length > 0)
        this.#tell({ revision: position.revision, origin: 'resync', changes });
      this.#keep();
    });
  }

  #reach(position: Position): void {
    this.#position = position;
    this.#waiters.notify();
    for (const observer of this.#observers) observer.moved();
  }

  /** What is shown stays, as it was the last state known to be good (W7). */
  #distrust(): void {
    const { path } = this;
    const problem = `the mirror of ${path} and the server disagree about what it holds`;
    this.#context.report(new ConferError('internal', problem, { path }));
    this.#watch.dispatch({ type: 'mismatch', shown: this.#position }, 'mismatch');
    for (const observer of this.#observers) observer.moved();
  }

  /** What the server has brought is kept, for the next process. */
  #keep(): void {
    if (this.source !== 'server' || this.#failure !== undefined) return;
    const { clock, snapshots } = this.#context;
    snapshots?.changed(this.path, () => ({
      position: this.#position,
      keptAt: this.#outage.since ?? clock.now(),
      entries: this.#table.entries,
    }));
  }

  #tell(change: MirrorChange): void {
    frozenChanges(change.changes);
    Object.freeze(change.commit);
    Object.freeze(change);
    for (const observer of [...this.#observers]) observer.changed(change);
  }

  #become(to: Exclude<MirrorStatus, 'closed'>, reason: string): void {
    const from = this.#status;
    if (from === to) return;
    this.#status = to;
    if (to === 'live') this.#outage.end();
    else this.#outage.begin(this.#watch.behindSince ?? this.#context.connection.lastKnownGood);
    if (to === 'failed') this.#outage.stop();
    const retry = { ...this.#context.connection.retry, ...this.#watch.retry };
    for (const observer of [...this.#observers])
      observer.statusChanged({ from, to, reason, ...retry });
  }
}
