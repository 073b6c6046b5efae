import { type Commit, Digest, ProtocolError, unreachable, type WatchMode } from '@confer/shared';
import type { Store } from '../store/store.ts';
import { clip } from './clip.ts';
import {
  commitFrames,
  commitSize,
  differenceFrames,
  FRAME_BYTES,
  type Frame,
  toFrame,
} from './frames.ts';
import type { Group, Member } from './group.ts';
import { netChanges } from './net-changes.ts';
import type { SnapshotPages } from './snapshot-pages.ts';
import type { WatchSink } from './watch-sink.ts';
import type { ResetReason, Start, State } from './watcher-state.ts';

/** What the hub shares with its watchers. */
export interface WatchContext {
  readonly store: Store;
  readonly pages: SnapshotPages;
  /** The revision up to which the live have everything. */
  readonly revision: () => number;
  /** Asks for `step` to be called, soon and as long as it has more to do. */
  readonly schedule: (watcher: Watcher) => void;
}

/** A state watch that is this far behind gets the net difference instead of every commit. */
const COMMITS_BYTES_MAX = FRAME_BYTES;

/** The server's side of one watch of one connection. */
export class Watcher implements Member {
  readonly group: Group;
  readonly mode: WatchMode;
  readonly sink: WatchSink;
  readonly #context: WatchContext;
  readonly #onEnded: (watcher: Watcher) => void;
  #state: State;

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
    this.#state = this.#begin(options.start);
    if (this.#state.kind === 'live') this.group.live.add(this);
  }

  get isLive(): boolean {
    return this.#state.kind === 'live';
  }

  /**
   * The revision up to which the client has everything, as far as a heartbeat may say so; `undefined`
   * while it waits for a `synced`, which tells its position then.
   */
  get completeTo(): number | undefined {
    const state = this.#state;
    switch (state.kind) {
      case 'live':
        return this.#context.revision();
      case 'lagging':
      case 'paging':
        return state.isResuming ? undefined : state.position;
      case 'reset':
      case 'snapshot':
      case 'ended':
        return undefined;
      default:
        return unreachable(state);
    }
  }

  /** The hub could not send a batch; everything up to `position` was sent. */
  fallBehind(position: number, from: number): void {
    this.#become({ kind: 'lagging', position, from, isResuming: false });
    this.#context.schedule(this);
  }

  end(): void {
    this.#become({ kind: 'ended' });
  }

  /**
   * One bounded piece of the way up. Call it while the sink is writable; `false` when there is
   * nothing more to do.
   */
  step(): boolean {
    const state = this.#state;
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
      case 'live':
      case 'ended':
        return false;
      default:
        return unreachable(state);
    }
  }

  #begin(start: Start): State {
    switch (start.kind) {
      case 'reset':
        return start;
      case 'snapshot':
        return this.#newSnapshot();
      case 'after': {
        const { revision } = start;
        const isResuming = this.mode === 'state';
        if (!isResuming && revision === this.#context.revision()) return { kind: 'live' };
        return { kind: 'lagging', position: revision, from: revision, isResuming };
      }
      default:
        return unreachable(start);
    }
  }

  #become(next: State): void {
    if (this.#state.kind === 'live') this.group.live.delete(this);
    this.#state = next;
    if (next.kind === 'live') this.group.live.add(this);
  }

  #newSnapshot(): State {
    const revision = this.#context.revision();
    return { kind: 'snapshot', revision, after: undefined, entries: 0, digest: new Digest() };
  }

  #reset(reason: ResetReason): void {
    const { store } = this.#context;
    const head = { watch: this.group.name, reason, epoch: store.epoch };
    if (this.mode === 'state') {
      this.sink.send(toFrame({ type: 'resync', ...head }));
      this.#become(this.#newSnapshot());
      return;
    }
    const { compactedRevision } = store;
    const revision = this.#context.revision();
    this.sink.send(toFrame({ type: 'compacted', ...head, compactedRevision, revision }));
    this.#become({ kind: 'ended' });
    this.#onEnded(this);
  }

  #sendPage(state: State & { kind: 'snapshot' }): void {
    const { name, subtree } = this.group;
    const page = unlessCompacted(() =>
      this.#context.pages.page(name, subtree, state.revision, state.after),
    );
    if (page === 'compacted') {
      // The reader was so slow that its revision is gone; the client lets the old pages go.
      this.#become(this.#newSnapshot());
      return;
    }
    state.entries += page.entries;
    state.digest.merge(page.digest);
    state.after = page.next;
    if (page.entries > 0) this.sink.send(page.frame);
    if (page.next !== undefined) return;
    const { revision, entries } = state;
    const digest = state.digest.toString();
    this.sink.send(toFrame({ type: 'synced', watch: name, revision, entries, digest }));
    this.#become({ kind: 'lagging', position: revision, from: revision, isResuming: false });
  }

  #catchUp(state: State & { kind: 'lagging' }): boolean {
    const to = this.#context.revision();
    if (state.position === to) {
      if (state.isResuming) this.#sendSynced(to);
      this.#become({ kind: 'live' });
      this.sink.advanced();
      return false;
    }
    const next = unlessCompacted(() => this.#nextFrames(state, to));
    if (next === 'compacted') this.#reset('compacted');
    else this.#become({ kind: 'paging', position: state.position, ...next });
    return this.#state.kind !== 'ended';
  }

  /** The frames that lead on from `position`: a bounded run of commits, or one difference. */
  #nextFrames(
    { position, from, isResuming }: State & { kind: 'lagging' },
    latest: number,
  ): Omit<State & { kind: 'paging' }, 'kind' | 'position'> {
    const { name: watch, subtree, withPrev } = this.group;
    const missed = () => clip(this.#context.store.since(position), subtree);
    const commits: Commit[] = [];
    let to = latest;
    let bytes = 0;
    for (const commit of missed()) {
      if (bytes > COMMITS_BYTES_MAX) {
        if (this.mode === 'state') {
          const frames = differenceFrames({ watch, from, to }, netChanges(missed()));
          return { frames, to, endsInSynced: true, isResuming };
        }
        to = commits.at(-1)?.revision ?? position;
        break;
      }
      commits.push(commit);
      bytes += commitSize(commit);
    }
    // An empty batch moves the client on, unless its `synced` does.
    const frames =
      commits.length === 0 && isResuming
        ? none()
        : commitFrames({ watch, from, to }, commits, withPrev);
    return { frames, to, endsInSynced: isResuming, isResuming };
  }

  #sendNext({ frames, to, endsInSynced }: State & { kind: 'paging' }): void {
    const frame = frames.next();
    if (frame.done !== true) {
      this.sink.send(frame.value);
      return;
    }
    if (endsInSynced) this.#sendSynced(to);
    this.#become({ kind: 'lagging', position: to, from: to, isResuming: false });
  }

  #sendSynced(revision: number): void {
    this.sink.send(toFrame({ type: 'synced', watch: this.group.name, revision }));
  }
}

function* none(): Generator<Frame> {}

function unlessCompacted<T>(read: () => T): T | 'compacted' {
  try {
    return read();
  } catch (error) {
    if (error instanceof ProtocolError && error.code === 'compacted') return 'compacted';
    throw error;
  }
}
