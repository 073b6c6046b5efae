import { Digest, unreachable, type WatchMode } from '@confer/shared';
import type { Counters } from '../counters.ts';
import type { Measures } from '../measures.ts';
import type { Store } from '../store/store.ts';
import type { Tracing } from '../tracing.ts';
import type { CatchUp } from './catch-up.ts';
import { CatchUpSpan } from './catch-up-span.ts';
import type { Checksum, Digests } from './digests.ts';
import { type Frame, toFrame } from './frames.ts';
import type { Group, Member } from './group.ts';
import { unlessCompacted } from './unless-compacted.ts';
import type { WatchSink } from './watch-sink.ts';
import type { Standing, WatchTally } from './watch-tally.ts';
import {
  beginning,
  completeToOf,
  newSnapshot,
  type ResetReason,
  type Start,
  type SyncedBy,
  standingOf,
  type WatcherState,
} from './watcher-state.ts';

/** What the hub shares with its watchers. */
export interface WatchContext {
  readonly store: Store;
  readonly counters: Counters;
  readonly measures: Measures;
  readonly catchUp: CatchUp;
  readonly digests: Digests;
  readonly tally: WatchTally;
  /** Missing where nobody traces. */
  readonly tracing?: Tracing;
  /** The revision up to which the live have everything. */
  readonly revision: () => number;
  /** Asks for `step` to be called, soon and as long as it has more to do. */
  readonly schedule: (watcher: Watcher) => void;
}

/** The server's side of one watch of one connection. */
export class Watcher implements Member {
  readonly group: Group;
  readonly mode: WatchMode;
  readonly sink: WatchSink;
  readonly #context: WatchContext;
  readonly #onEnded: (watcher: Watcher) => void;
  #state: WatcherState = { kind: 'ended' };
  /** The client has asked for a checksum of what it has, and is told once the watch is live. */
  #owesProof = false;
  #fellBehind = false;
  readonly #span: CatchUpSpan | undefined;

  constructor(
    options: {
      readonly group: Group;
      readonly mode: WatchMode;
      readonly sink: WatchSink;
      readonly start: Start;
      /** Called when the watch ends by itself (`compacted`). */
      readonly onEnded: (watcher: Watcher) => void;
    },
    context: WatchContext,
  ) {
    this.group = options.group;
    this.mode = options.mode;
    this.sink = options.sink;
    this.#onEnded = options.onEnded;
    this.#context = context;
    this.#span = context.tracing && new CatchUpSpan(context.tracing, options.mode);
    this.#become(beginning(options.start, options.mode, context.revision()));
  }

  get isLive(): boolean {
    return this.#state.kind === 'live';
  }

  /** As an operator sees it; `undefined` once it has ended. */
  get standing(): Standing | undefined {
    return standingOf(this.#state);
  }

  /** Whether `step` has something to do. */
  get hasWork(): boolean {
    return !this.isLive || this.#owesProof;
  }

  /** Sends a `synced` with the digest as soon as it is known; `false` for a watch without a state. */
  verify(): boolean {
    if (this.mode !== 'state') return false;
    this.#owesProof = true;
    this.#context.schedule(this);
    return true;
  }

  /** The revision up to which the client has everything, as far as a heartbeat may say so. */
  get completeTo(): number | undefined {
    return completeToOf(this.#state, this.mode, this.#context.revision());
  }

  /** Up to where it was sent everything; `undefined` while it is sent a snapshot. */
  get sentTo(): number | undefined {
    return 'position' in this.#state ? this.#state.position : undefined;
  }

  /** The hub could not send a batch; everything up to `position` was sent. */
  markLagging(position: number, from: number): void {
    this.#fellBehind = true;
    this.#context.counters.count('watchesFellBehind');
    this.#become({ kind: 'lagging', position, from, isResuming: false });
    this.#context.schedule(this);
  }

  end(): void {
    this.#become({ kind: 'ended' });
  }

  /** The reader may not read this from a revision on. What of a batch or a snapshot was not sent never is. */
  revoke(revision: number): void {
    this.#context.counters.count('watchesRevoked');
    this.#send(toFrame({ type: 'revoked', watch: this.group.name, revision }));
  }

  /**
   * One bounded piece of the way up. Call it while the sink is writable; `false` when there is
   * nothing more to do.
   */
  step(): boolean {
    const state = this.#state;
    this.#context.counters.count('catchUpSteps');
    switch (state.kind) {
      case 'reset':
        this.#reset(state.reason);
        return this.#state.kind !== 'ended';
      case 'snapshot':
        this.#sendPage(state);
        return true;
      case 'lagging':
        return this.#catchUp(state);
      case 'paging':
        this.#sendNext(state);
        return true;
      case 'difference':
        this.#sendDifference(state);
        return true;
      case 'live':
        return this.#owesProof && this.#prove();
      case 'ended':
        return false;
      default:
        return unreachable(state);
    }
  }

  #become(next: WatcherState): void {
    const before = this.standing;
    if (before === 'live') this.group.live.delete(this);
    this.#state = next;
    this.#span?.moved(next.kind, this.#context.revision());
    this.#context.tally.moved(this, before, this.standing);
    if (next.kind === 'live') this.group.live.set(this, this.sink.frames);
  }

  #send(frame: Frame): void {
    this.#context.measures.sent(1, frame.byteLength);
    this.sink.frames.send(frame);
  }

  #reset(reason: ResetReason): void {
    const { store, counters, revision } = this.#context;
    const head = { watch: this.group.name, reason, epoch: store.epoch };
    counters.count(this.mode === 'state' ? `resyncs.${reason}` : `eventWatchesEnded.${reason}`);
    if (this.mode === 'state') {
      this.#send(toFrame({ type: 'resync', ...head }));
      this.#become(newSnapshot(this.#context.revision()));
      return;
    }
    const place = { compactedRevision: store.compactedRevision, revision: revision() };
    this.#send(toFrame({ type: 'compacted', ...head, ...place }));
    this.#become({ kind: 'ended' });
    this.#onEnded(this);
    this.sink.advanced();
  }

  #sendPage(state: WatcherState & { kind: 'snapshot' }): void {
    const { name: watch, subtree } = this.group;
    const query = { watch, subtree, revision: state.revision, after: state.after };
    const page = unlessCompacted(() => this.#context.catchUp.snapshotPage(query));
    if (page === 'compacted') {
      // The reader was so slow that its revision is gone; the client lets the old pages go.
      this.#become(newSnapshot(this.#context.revision()));
      return;
    }
    state.entries += page.entries;
    state.digest.merge(page.digest);
    state.after = page.next;
    // safeguard: last-page-comes-before-synced
    if (page.entries > 0) this.#send(page.frame);
    if (page.next !== undefined) return;
    const { revision } = state;
    this.#context.digests.learn(subtree, revision, state);
    // safeguard: synced-comes-last
    this.#sendSynced('snapshot', revision, state);
    this.#become({ kind: 'lagging', position: revision, from: revision, isResuming: false });
  }

  #catchUp(state: WatcherState & { kind: 'lagging' }): boolean {
    const to = this.#context.revision();
    if (state.position === to) {
      if (state.isResuming) this.#sendSynced('nothing', to, this.#checksum());
      this.#become({ kind: 'live' });
      if (this.#fellBehind) this.#context.counters.count('watchesCaughtUp');
      this.#fellBehind = false;
      this.sink.advanced();
      return this.#owesProof;
    }
    const { group, mode } = this;
    const next = unlessCompacted(() => this.#context.catchUp.frames(group, mode, state, to));
    if (next === 'compacted' || next === 'too much') this.#beginDifference(state);
    else {
      const { position, isResuming } = state;
      this.#become({ kind: 'paging', next: 0, position, isResuming, ...next });
    }
    return this.#state.kind !== 'ended';
  }

  #sendNext(state: WatcherState & { kind: 'paging' }): void {
    const { frames, to, endsInSynced } = state;
    const frame = frames.at(state.next++);
    if (frame !== undefined) {
      this.#send(frame);
      return;
    }
    // At the hub's revision it is known what the subtree holds; at one before it, it was.
    if (endsInSynced !== undefined) {
      const isLatest = to === this.#context.revision();
      this.#sendSynced(endsInSynced, to, isLatest ? this.#checksum() : undefined);
    }
    this.#become({ kind: 'lagging', position: to, from: to, isResuming: false });
  }

  /** Bytes that grow with what changed, where the deletes since the position are still known. */
  #beginDifference({
    position,
    from,
    isResuming,
  }: WatcherState & { kind: 'lagging' | 'difference' }): void {
    // safeguard: difference-needs-all-tombstones
    if (this.mode === 'events' || position < this.#context.store.tombstoneFloor) {
      this.#reset('compacted');
      return;
    }
    const to = this.#context.revision();
    const nothing = { after: undefined, entries: 0, digest: new Digest() };
    this.#become({ kind: 'difference', position, from, to, isResuming, ...nothing });
  }

  #sendDifference(state: WatcherState & { kind: 'difference' }): void {
    const { position, from, to, after } = state;
    const { name: watch, subtree } = this.group;
    const { store, catchUp } = this.#context;
    const query = { head: { watch, from, to }, subtree, position, after };
    // safeguard: difference-ends-where-tombstones-are-dropped
    const page =
      position < store.tombstoneFloor
        ? 'compacted'
        : unlessCompacted(() => catchUp.differencePage(query));
    if (page === 'compacted') {
      // The client lets the pages that lead to the old revision go.
      this.#beginDifference(state);
      return;
    }
    state.entries += page.entries;
    state.digest.merge(page.digest);
    state.after = page.next;
    if (page.frame !== undefined) this.#send(page.frame);
    if (page.next !== undefined) return;
    this.#context.digests.learn(subtree, to, state);
    this.#sendSynced('difference', to, state);
    this.#become({ kind: 'lagging', position: to, from: to, isResuming: false });
  }

  /** Live, the client has been sent all of the hub's revision, which is what the checksum is of. */
  #prove(): boolean {
    const checksum = this.#checksum();
    if (checksum === undefined) return true;
    this.#owesProof = false;
    this.#sendSynced('verify', this.#context.revision(), checksum);
    return false;
  }

  #checksum(): Checksum | undefined {
    return this.#context.digests.prove(this.group.subtree);
  }

  #sendSynced(by: SyncedBy, revision: number, whole?: Checksum): void {
    const checksum = whole && { entries: whole.entries, digest: whole.digest.toString() };
    const { name: watch } = this.group;
    this.#span?.goes(by);
    this.#send(toFrame({ type: 'synced', watch, revision, by, ...checksum }));
  }
}
