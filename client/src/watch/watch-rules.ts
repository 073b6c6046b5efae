import type {
  Commits,
  Difference,
  Entry,
  Snapshot,
  Synced,
  WatchMessage,
  WatchMode,
  WireCommit,
} from '@confer/shared';
import { TreeRules } from '../requests/tree-rules.ts';
import type { WatchState } from './watch-state.ts';

/**
 * The most that is kept of a batch, a snapshot or a difference that has not ended, in characters. The heap of
 * Node ends at 2 GiB or less, and a character may take two bytes; a mirror of a million entries with values
 * of 250 has room.
 */
const PENDING_CHARS_MAX = 2 ** 29;

/** A batch that has begun and not ended. */
interface OpenBatch {
  readonly from: number;
  readonly to: number;
  readonly list: TreeRules;
  /** Of the commit that came last, which the next frame may go on with. */
  last: Omit<WireCommit, 'changes'> | undefined;
}

/** Pages that came since the last `synced`. */
interface OpenPages {
  readonly from: number;
  readonly to: number;
  readonly list: TreeRules;
}

/**
 * Validates the protocol of one watch over one connection (PROTOCOL.md, section 5). What breaks it is
 * found here, before it is believed; what only does not fit the state of the watch, its machine asks
 * for again.
 */
export class WatchRules {
  readonly #path: string;
  readonly #mode: WatchMode;
  readonly #epoch: string;
  /**
   * What happened up to here was told, and not only said to be nothing: the position goes beyond it
   * where a heartbeat, a `to` or a `synced` says that nothing else happened.
   */
  #toldTo: number;
  #batch: OpenBatch | undefined;
  #pages: OpenPages | undefined;

  /** `start`: the position that the watch continues, or where it begins. */
  constructor(path: string, mode: WatchMode, epoch: string, start: number) {
    this.#path = path;
    this.#mode = mode;
    this.#epoch = epoch;
    this.#toldTo = start;
  }

  /** Why a message cannot be believed, for people. `state` is the one that it meets. */
  problemOf(message: WatchMessage, state: WatchState): string | undefined {
    if (message.type === 'commits') return this.#commits(message, state);
    if (message.type === 'revoked') return undefined;
    if (this.#batch !== undefined) return `before the batch to ${this.#batch.to} ended`;
    if ((message.type === 'compacted') !== (this.#mode === 'events'))
      return `for a watch of the mode ${this.#mode}`;
    switch (message.type) {
      case 'snapshot':
        return this.#snapshot(message, state);
      case 'difference':
        return this.#difference(message);
      case 'synced':
        return this.#synced(message, state);
      case 'resync':
      case 'compacted':
        this.#pages = undefined;
        return message.epoch === this.#epoch ? undefined : `epoch ${message.epoch}`;
    }
  }

  #commits({ from, to, commits, more }: Commits, state: WatchState): string | undefined {
    const open = this.#batch;
    if (from > to) return `from ${from} to ${to}`;
    if (state.kind === 'snapshotting') return 'before synced';
    if (open !== undefined && (open.from !== from || open.to !== to))
      return `to ${to} before the batch to ${open.to} ended`;
    const batch = open ?? { from, to, list: new TreeRules(this.#path), last: undefined };
    batch.list.grow();
    let rest = open?.last;
    for (const commit of commits) {
      const problem = this.#commit(commit, rest, batch, state);
      if (problem !== undefined) return `commit ${commit.revision}: ${problem}`;
      rest = undefined;
    }
    this.#batch = more === true ? batch : undefined;
    return tooMuch(batch.list);
  }

  /** `rest`: the commit that may go on here. */
  #commit(
    commit: WireCommit,
    rest: OpenBatch['last'],
    batch: OpenBatch,
    { position }: WatchState,
  ): string | undefined {
    const { revision, time, actor, changes } = commit;
    const last = batch.last?.revision ?? batch.from;
    if (revision === rest?.revision) {
      if (time !== rest.time || actor !== rest.actor) return 'two parts that differ';
    } else {
      if (revision <= last || revision > batch.to) return `between ${last} and ${batch.to}`;
      if (
        position?.epoch === this.#epoch &&
        revision > this.#toldTo &&
        revision <= position.revision
      )
        return `after it was said that all is there up to ${position.revision}`;
      batch.list.again();
    }
    // Without the changes, which need not be kept for it.
    batch.last = { revision, time, actor };
    this.#toldTo = Math.max(this.#toldTo, revision);
    return firstProblem(changes, (change) => batch.list.change(change, revision));
  }

  #snapshot({ revision, entries }: Snapshot, state: WatchState): string | undefined {
    if (state.kind !== 'snapshotting') return undefined;
    const problem = this.#turnTo(0, revision);
    const { list } = this.#pages ?? {};
    return (
      problem ??
      firstProblem(entries, (entry: Entry) => list?.put(entry, entry.modRevision, 0, revision)) ??
      tooMuch(list)
    );
  }

  #difference({ from, to, changes }: Difference): string | undefined {
    if (from > to) return `from ${from} to ${to}`;
    const problem = this.#turnTo(from, to);
    const { list } = this.#pages ?? {};
    return (
      problem ??
      firstProblem(changes, (change) =>
        change.type === 'put'
          ? list?.put(change.entry, change.entry.modRevision, from, to)
          : list?.path(change.path),
      ) ??
      tooMuch(list)
    );
  }

  /** Pages of a higher revision begin anew; none are of a lower one. */
  #turnTo(from: number, to: number): string | undefined {
    const pages = this.#pages;
    if (pages !== undefined && (to < pages.to || (to === pages.to && from !== pages.from)))
      return `from ${from} to ${to} after one to ${pages.to}`;
    if (pages?.to !== to) this.#pages = { from, to, list: new TreeRules(this.#path) };
    this.#pages?.list.grow();
    return undefined;
  }

  #synced({ revision, entries }: Synced, state: WatchState): string | undefined {
    const pages = this.#pages;
    const isSnapshot = state.kind === 'snapshotting';
    // A snapshot that began again and found nothing has no page to say so.
    if (isSnapshot && pages !== undefined && revision > pages.to && entries !== 0)
      return `${revision} after pages of ${pages.to}`;
    if (isSnapshot || pages !== undefined) this.#toldTo = revision;
    this.#pages = undefined;
    return undefined;
  }
}

function firstProblem<Item>(
  items: readonly Item[],
  problemOf: (item: Item) => string | undefined,
): string | undefined {
  for (const item of items) {
    const problem = problemOf(item);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function tooMuch(list: TreeRules | undefined): string | undefined {
  return list !== undefined && list.chars > PENDING_CHARS_MAX
    ? `more than ${PENDING_CHARS_MAX} characters without an end`
    : undefined;
}
