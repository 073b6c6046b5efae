import {
  checkSubtree,
  type Position,
  ProtocolError,
  unreachable,
  type WatchMode,
} from '@confer/shared';
import type { Counters } from '../counters.ts';
import type { Measures } from '../measures.ts';
import type { Runtime } from '../runtime.ts';
import type { EngineCommit, FeedEvent, Store } from '../store/store.ts';
import type { Tracing } from '../tracing.ts';
import { CatchUp } from './catch-up.ts';
import { CatchUpScheduler } from './catch-up-scheduler.ts';
import { Digests } from './digests.ts';
import { DistinctWatch } from './distinct-watch.ts';
import { Group } from './group.ts';
import { GroupNames } from './group-names.ts';
import { SubtreeMap } from './subtree-map.ts';
import { isOnLine } from './timelines.ts';
import type { WatchSink } from './watch-sink.ts';
import { WatchTally } from './watch-tally.ts';
import { type WatchContext, Watcher } from './watcher.ts';
import type { Start } from './watcher-state.ts';

/**
 * What one turn encodes and hands out to live watches, all of them together. Without that bound, a
 * client with ten thousand watches of one path stops the server with one write of a large value.
 */
const TURN_BYTES_MAX = 16 * 1024 * 1024;

/** Of a commit with more, the digests are not kept up: that would take as long again as all the rest of it. */
const ACCOUNTED_CHANGES_MAX = 10_000;

export interface OpenWatch {
  readonly path: string;
  readonly mode: WatchMode;
  readonly after?: Position;
  readonly withPrev: boolean;
  /** Deletes of a whole subtree may come as one `clear`. */
  readonly takesClears: boolean;
  readonly sink: WatchSink;
  /** Whether the connection has a watch of this name already; it then gets another one. */
  readonly isTaken: (name: string) => boolean;
  /** Called when the watch ends by itself. */
  readonly onEnded: (watcher: Watcher) => void;
}

/**
 * Hands every commit to the watches that it concerns, in the order of the feed. The work for a
 * commit grows with its changes and their depth, not with the number of watches that it misses.
 */
export class Hub {
  readonly #store: Store;
  readonly #digests: Digests;
  readonly #context: WatchContext;
  readonly #pump: CatchUpScheduler;
  readonly #defer: (run: () => void) => void;
  readonly #distinct = new SubtreeMap<Set<DistinctWatch>>();
  readonly #names = new GroupNames();
  /** How many watches there are, and how they are. */
  readonly tally = new WatchTally();
  readonly #measures: Measures;
  readonly #uptimeMs: () => number;
  readonly #counters: Counters;
  #revision: number;
  #watchers = 0;
  #groups = 0;
  /** Of `TURN_BYTES_MAX`, what is left in this turn. */
  #left = TURN_BYTES_MAX;

  constructor(
    store: Store,
    runtime: Runtime,
    counters: Counters,
    measures: Measures,
    tracing?: Tracing,
  ) {
    this.#store = store;
    this.#counters = counters;
    this.#digests = new Digests(store);
    this.#revision = store.revision;
    this.#measures = measures;
    this.#uptimeMs = runtime.uptimeMs;
    this.#defer = runtime.defer;
    this.#pump = new CatchUpScheduler(runtime.clock, runtime.defer);
    this.#context = {
      store,
      counters,
      measures,
      catchUp: new CatchUp(store, runtime.clock),
      digests: this.#digests,
      tally: this.tally,
      ...(tracing && { tracing }),
      revision: () => this.#revision,
      schedule: (watcher) => this.#pump.schedule(watcher),
    };
  }

  /** The revision up to which every live watcher has been sent everything. */
  get revision(): number {
    return this.#revision;
  }

  get watchers(): number {
    return this.#watchers;
  }

  /** Those who watch the same and have it by one name count as one. */
  get groups(): number {
    return this.#groups;
  }

  /** Takes what comes out of the feed. */
  take(event: Exclude<FeedEvent, { kind: 'end' }>): void {
    switch (event.kind) {
      case 'commits':
        this.#apply(event.commits);
        return;
      case 'progress':
        this.#revision = event.revision;
        return;
      case 'jump':
        this.#jumpTo(event.revision);
        return;
      default:
        unreachable(event);
    }
  }

  /** Nobody knows what happened one by one: every watch is lagging, and gets the difference. */
  #jumpTo(revision: number): void {
    const previous = this.#revision;
    this.#revision = revision;
    this.#digests.clear();
    for (const watches of this.#distinct.values())
      for (const watch of watches) watch.leaveBehind(revision, previous);
  }

  /** One frame per distinct watch, however many commits there are. */
  #apply(commits: readonly EngineCommit[]): void {
    const last = commits.at(-1);
    if (last === undefined) return;
    const beganMs = this.#uptimeMs();
    const touched = new Set<DistinctWatch>();
    let changes = 0;
    for (const commit of commits) {
      const isLarge = commit.changes.length > ACCOUNTED_CHANGES_MAX;
      if (isLarge) this.#digests.clear();
      changes += commit.changes.length;
      for (const change of commit.changes) {
        // safeguard: digest-keeps-up
        if (!isLarge) this.#digests.account(change);
        this.#distinct.visit(change.path, (watches) => {
          for (const watch of watches) {
            watch.collect(commit, change);
            touched.add(watch);
          }
        });
      }
    }
    const previous = this.#revision;
    this.#revision = last.revision;
    if (touched.size > 0) this.#refillLater();
    let delivered = 0;
    for (const watch of touched) {
      const { bytes, changes } = watch.deliver(last.revision, previous, this.#left);
      this.#left -= bytes;
      delivered += changes;
    }
    if (touched.size > 0)
      this.#measures.fanOutSeconds.observe((this.#uptimeMs() - beganMs) / 1_000);
    this.#counters.count('commits', commits.length);
    this.#counters.count('changes', changes);
    this.#counters.count('changesDelivered', delivered);
  }

  /** The feed may have many batches in one turn. */
  #refillLater(): void {
    if (this.#left < TURN_BYTES_MAX) return;
    this.#defer(() => {
      this.#left = TURN_BYTES_MAX;
    });
  }

  /**
   * Opens a watch. The caller sends `watching` at once; the watch's own frames come after that.
   * Throws `invalid_path`, or `future_revision` for an event watch ahead of history.
   */
  open(options: OpenWatch): { readonly watcher: Watcher; readonly revision: number } {
    checkSubtree(options.path);
    const start = this.#startOf(options);
    const group = this.#groupFor(options);
    const { mode, sink, onEnded } = options;
    const watcher = new Watcher(
      { group, mode, sink, start, onEnded: (ended) => this.#leave(ended, onEnded) },
      this.#context,
    );
    group.watchers.add(watcher);
    this.#watchers += 1;
    if (!watcher.isLive) this.#pump.schedule(watcher);
    return { watcher, revision: start.kind === 'after' ? start.revision : this.#revision };
  }

  /** The connection of a watcher takes frames again. */
  resume(watcher: Watcher): void {
    if (watcher.hasWork) this.#pump.schedule(watcher);
  }

  close(watcher: Watcher): void {
    watcher.end();
    this.#leave(watcher, () => {});
  }

  /** Ends a watch that may not be read from a revision on, and says so: the last that its reader hears (W11). */
  revoke(watcher: Watcher, revision: number): void {
    watcher.revoke(revision);
    // safeguard: revoked-watch-is-closed
    this.close(watcher);
  }

  /** The server stops. */
  stop(): void {
    this.#context.catchUp.stop();
  }

  #startOf({ mode, after }: OpenWatch): Start {
    if (after === undefined)
      return mode === 'state' ? { kind: 'snapshot' } : { kind: 'after', revision: this.#revision };
    // safeguard: history-is-compared
    if (after.epoch !== this.#store.epoch || !isOnLine(after, this.#store.timelines))
      return { kind: 'reset', reason: 'epoch' };
    if (after.revision > this.#revision) {
      // Revisions never go back inside an epoch (S5), so the client's is of another history.
      if (mode === 'state') return { kind: 'reset', reason: 'epoch' };
      throw new ProtocolError(
        'future_revision',
        `revision ${after.revision} has not happened yet; the newest is ${this.#revision}`,
      );
    }
    return { kind: 'after', revision: after.revision };
  }

  /** The group that a connection joins, made when the first watcher comes. */
  #groupFor(options: OpenWatch): Group {
    const distinct = this.#distinctWatch(options);
    const { isTaken } = options;
    for (const group of distinct.groups) if (!isTaken(group.name)) return group;
    const group = new Group(
      this.#names.take(distinct, isTaken),
      distinct,
      this.#revision,
      this.#measures,
    );
    this.#groups += 1;
    distinct.groups.add(group);
    return group;
  }

  #distinctWatch({ path: subtree, withPrev, takesClears }: OpenWatch): DistinctWatch {
    const known = this.#distinct.get(subtree) ?? new Set<DistinctWatch>();
    for (const watch of known)
      if (watch.withPrev === withPrev && watch.takesClears === takesClears) return watch;
    const watch = new DistinctWatch({ subtree, withPrev, takesClears });
    this.#distinct.set(subtree, known.add(watch));
    return watch;
  }

  #leave(watcher: Watcher, then: (watcher: Watcher) => void): void {
    const { group } = watcher;
    if (!group.watchers.delete(watcher)) return;
    this.#watchers -= 1;
    this.#pump.remove(watcher);
    if (group.watchers.size === 0) this.#dropGroup(group);
    then(watcher);
  }

  #dropGroup(group: Group): void {
    this.#names.leave(group);
    this.#groups -= 1;
    const { subtree } = group;
    const watches = this.#distinct.get(subtree);
    for (const watch of watches ?? [])
      if (watch.groups.delete(group) && watch.groups.size === 0) watches?.delete(watch);
    if (watches?.size === 0) this.#distinct.delete(subtree);
  }
}
