import { type Position, ProtocolError, subtreesOf, type WatchMode } from '@confer/shared';
import type { Counters } from '../counters.ts';
import type { Runtime } from '../runtime.ts';
import { checkSubtree } from '../store/check.ts';
import type { MadeCommit, Store } from '../store/store.ts';
import { CatchUp } from './catch-up.ts';
import { Digests } from './digests.ts';
import { Group } from './group.ts';
import { GroupNames } from './group-names.ts';
import { Pump } from './pump.ts';
import { isOnLine } from './timelines.ts';
import type { WatchSink } from './watch-sink.ts';
import { type WatchContext, Watcher } from './watcher.ts';
import type { Start } from './watcher-state.ts';

/**
 * What one turn encodes and hands out to live watches, all of them together. Without that bound, a
 * client with ten thousand watches of one path stops the server with one write of a large value.
 */
const TURN_BYTES_MAX = 32 * 1024 * 1024;

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
  readonly #pump: Pump;
  readonly #groups = new Map<string, Set<Group>>();
  readonly #names = new GroupNames();
  #revision: number;
  #watchers = 0;

  constructor(store: Store, runtime: Runtime, counters: Counters) {
    this.#store = store;
    this.#digests = new Digests(store);
    this.#revision = store.revision;
    this.#pump = new Pump(runtime.clock, runtime.defer);
    this.#context = {
      store,
      counters,
      catchUp: new CatchUp(store),
      digests: this.#digests,
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

  /** Takes commits from the feed: one frame per distinct watch, however many commits it holds. */
  apply(commits: readonly MadeCommit[]): void {
    const last = commits.at(-1);
    if (last === undefined) return;
    const touched = new Set<Group>();
    for (const commit of commits)
      for (const change of commit.changes) {
        const subtrees = subtreesOf(change.path);
        this.#digests.account(change, subtrees);
        for (const subtree of subtrees)
          for (const group of this.#groups.get(subtree) ?? []) {
            group.collect(commit, change);
            touched.add(group);
          }
      }
    const previous = this.#revision;
    this.#revision = last.revision;
    let left = TURN_BYTES_MAX;
    for (const group of touched) left -= group.deliver(last.revision, previous, left);
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

  #startOf({ mode, after }: OpenWatch): Start {
    if (after === undefined)
      return mode === 'state' ? { kind: 'snapshot' } : { kind: 'after', revision: this.#revision };
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

  /** The group of a distinct watch, made when the first watcher comes. */
  #groupFor({ path, withPrev, takesClears, isTaken }: OpenWatch): Group {
    const groups = this.#groups.get(path) ?? new Set<Group>();
    for (const group of groups) {
      const isAlike = group.withPrev === withPrev && group.takesClears === takesClears;
      if (isAlike && !isTaken(group.name)) return group;
    }
    const distinct = { subtree: path, withPrev, takesClears };
    const group = new Group(this.#names.take(distinct, isTaken), distinct, this.#revision);
    this.#groups.set(path, groups.add(group));
    return group;
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
    const groups = this.#groups.get(group.subtree);
    groups?.delete(group);
    this.#names.leave(group);
    if (groups?.size === 0) this.#groups.delete(group.subtree);
  }
}
