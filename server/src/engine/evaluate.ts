import { type DeleteCause, type Entry, limits, ProtocolError } from '@confer/shared';
import type { CommitOutcome, CommitRequest, MadeChange, MadeCommit } from './engine.ts';
import { inTreeOrder } from './in-tree-order.ts';
import { isCovered, type NetOperations, netOperations, outermost } from './net-operations.ts';
import { Pace, type Steps } from './steps.ts';

/** What a path holds, as far as judging has to know it: a long value is read only when it is told. */
export interface Held {
  readonly path: string;
  readonly createRevision: number;
  readonly modRevision: number;
  readonly version: number;
  /** Of its value, in UTF-16 code units. */
  readonly valueLength: number;
  /** The whole entry. */
  entry(): Entry;
}

/** The state that a commit is judged against. It must not change before the steps are done. */
export interface Base<Holding extends Held> {
  read(path: string): Holding | undefined;
  /**
   * What the path and all below it hold, and no sibling (S6), or those of them that come after one.
   * Never read on after a pause.
   */
  scanSubtree(path: string, after?: string): Iterable<Holding>;
}

/** What the commit is called if one is made. */
export interface Naming {
  readonly revision: number;
  /** Milliseconds since the Unix epoch. */
  readonly time: number;
}

/** A commit, and what each of its changes replaced. */
export interface Judgement<Holding extends Held> {
  readonly commit: MadeCommit;
  /** In the order of its changes. */
  readonly replaced: readonly (Holding | undefined)[];
}

/**
 * A commit that replaces values of more than this many code units is told without them: so much is
 * held in memory for those who are a little behind, and told to those who asked for `prev`.
 */
export const PREV_LENGTH_MAX = 4 * 1024 * 1024;

/** A change, and what it replaces. */
interface Judged<Holding extends Held> {
  readonly path: string;
  /** What the path holds from now on; `undefined` for a delete. */
  readonly entry: Entry | undefined;
  readonly before: Holding | undefined;
}

/**
 * Judges one request: throws `conflict` or `too_large`, or returns the commit that it makes, or
 * `undefined` when there is nothing to change. It writes nothing: the engine does, and only once it has
 * the whole commit (S3).
 */
export function* evaluate<Holding extends Held>(
  request: CommitRequest,
  base: Base<Holding>,
  naming: Naming,
): Steps<Judgement<Holding> | undefined> {
  const pace = new Pace();
  for (const condition of request.conditions) {
    const current = base.read(condition.path);
    if ((current?.modRevision ?? 0) !== condition.modRevision) throw conflict(condition, current);
    if (pace.isOver()) yield;
  }
  const net = yield* netOperations(request, pace);
  const cleared = yield* outermost(net.subtrees, pace);
  const judged = yield* netChanges(net, cleared, request.actor, { base, naming, pace });
  if (judged.length === 0) return undefined;
  return yield* judgementOf(request, naming, judged, { cleared, pace });
}

function* judgementOf<Holding extends Held>(
  { actor, note }: CommitRequest,
  { revision, time }: Naming,
  judged: readonly Judged<Holding>[],
  { cleared, pace }: { readonly cleared: readonly string[]; readonly pace: Pace },
): Steps<Judgement<Holding>> {
  const withPrev = yield* isShort(judged, pace);
  const changes: MadeChange[] = [];
  const replaced: (Holding | undefined)[] = [];
  for (const { path, entry, before } of judged) {
    changes.push(
      entry === undefined
        ? madeDelete(path, 'removed', before, withPrev)
        : madePut(entry, before, withPrev),
    );
    replaced.push(before);
    if (pace.isOver()) yield;
  }
  // As nearly all are; what is put together of optional parts takes several times as long.
  if (note === undefined && cleared.length === 0 && withPrev)
    return { commit: { revision, time, actor, changes }, replaced };
  const commit = {
    revision,
    time,
    actor,
    ...(note === undefined ? {} : { note }),
    changes,
    ...(cleared.length === 0 ? {} : { cleared }),
    ...(withPrev ? {} : { withoutPrev: true as const }),
  };
  return { commit, replaced };
}

/** Whether what is replaced may be told with the commit. */
function* isShort(judged: readonly Judged<Held>[], pace: Pace): Steps<boolean> {
  let length = 0;
  for (const { before } of judged) {
    length += before?.valueLength ?? 0;
    if (pace.isOver()) yield;
  }
  return length <= PREV_LENGTH_MAX;
}

/** A put as the feed tells it. */
export function madePut(entry: Entry, before: Held | undefined, withPrev: boolean): MadeChange {
  const { path } = entry;
  if (before === undefined) return { type: 'put', path, entry, replaced: 0 };
  const replaced = before.modRevision;
  if (!withPrev) return { type: 'put', path, entry, replaced };
  return { type: 'put', path, entry, prev: before.entry(), replaced };
}

/** A delete as the feed tells it. */
export function madeDelete(
  path: string,
  cause: DeleteCause,
  before: Held | undefined,
  withPrev: boolean,
): MadeChange {
  if (before === undefined) return { type: 'delete', path, cause, replaced: 0 };
  const replaced = before.modRevision;
  if (!withPrev) return { type: 'delete', path, cause, replaced };
  return { type: 'delete', path, cause, prev: before.entry(), replaced };
}

/** The outcome that the writer of `commit` is told. */
export function outcomeOf(commit: MadeCommit): CommitOutcome {
  let puts = 0;
  for (const change of commit.changes) if (change.type === 'put') puts++;
  return { revision: commit.revision, puts, deletes: commit.changes.length - puts };
}

interface Judging<Holding extends Held> {
  readonly base: Base<Holding>;
  readonly naming: Naming;
  readonly pace: Pace;
}

function* netChanges<Holding extends Held>(
  net: NetOperations,
  cleared: readonly string[],
  actor: string,
  judging: Judging<Holding>,
): Steps<readonly Judged<Holding>[]> {
  const { puts, deletes, subtrees } = net;
  const { base, naming, pace } = judging;
  const changes = new ChangeList<Holding>();
  for (const [path, value] of puts) {
    const before = base.read(path);
    changes.add({ path, entry: entryAfter(path, value, before, actor, naming), before });
    if (pace.isOver()) yield;
  }
  for (const path of deletes) {
    const before = base.read(path);
    if (before !== undefined && !(subtrees.size > 0 && isCovered(path, subtrees)))
      changes.add({ path, entry: undefined, before });
    if (pace.isOver()) yield;
  }
  for (const subtree of cleared) yield* clear(subtree, puts, changes, judging);
  return yield* inTreeOrder(changes.all, pace);
}

/** Deletes what is in a subtree and is not put again. */
function* clear<Holding extends Held>(
  subtree: string,
  puts: NetOperations['puts'],
  changes: ChangeList<Holding>,
  { base, pace }: Judging<Holding>,
): Steps<void> {
  let after: string | undefined;
  do {
    const start = after;
    after = undefined;
    for (const before of base.scanSubtree(subtree, start)) {
      if (!puts.has(before.path)) changes.add({ path: before.path, entry: undefined, before });
      if (!pace.isOver()) continue;
      after = before.path;
      break;
    }
    if (after !== undefined) yield;
  } while (after !== undefined);
}

/** A put over an entry continues it, also when the commit deleted it in between. */
function entryAfter(
  path: string,
  value: string,
  before: Held | undefined,
  actor: string,
  { revision, time }: Naming,
): Entry {
  return {
    path,
    value,
    createRevision: before?.createRevision ?? revision,
    modRevision: revision,
    version: (before?.version ?? 0) + 1,
    updatedAt: time,
    updatedBy: actor,
  };
}

/** Ends a commit that grows too large before it takes the memory. */
class ChangeList<Holding extends Held> {
  readonly #changes: Judged<Holding>[] = [];

  add(change: Judged<Holding>): void {
    if (this.#changes.length === limits.changesMax)
      throw new ProtocolError(
        'too_large',
        `the commit changes more than ${limits.changesMax} entries; change or remove them in parts`,
      );
    this.#changes.push(change);
  }

  get all(): readonly Judged<Holding>[] {
    return this.#changes;
  }
}

function conflict(
  { path, modRevision }: CommitRequest['conditions'][number],
  current: Held | undefined,
): ProtocolError {
  const wanted =
    modRevision === 0 ? 'expected to hold nothing' : `expected at revision ${modRevision}`;
  const found = current === undefined ? 'holds nothing' : `is at revision ${current.modRevision}`;
  return new ProtocolError('conflict', `${path} was ${wanted} but ${found}`, {
    path,
    current: current?.entry() ?? null,
  });
}
