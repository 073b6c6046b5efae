import { type DeleteCause, type Entry, isHiddenIn, limits, ProtocolError } from '@confer/shared';
import { conflict, firstBroken, type JudgedState } from './conditions.ts';
import { type CooperativeSteps, TimeSlice, visitInSteps } from './cooperative-steps.ts';
import { requireDistinct } from './distinct-writes.ts';
import type {
  Before,
  CommitOutcome,
  EngineChange,
  EngineCommit,
  EnginePut,
  WriteRequest,
} from './engine.ts';
import { inTreeOrder } from './in-tree-order.ts';
import { isToGo, LeasesThere } from './lease-rules.ts';
import { NetOperations } from './net-operations.ts';

/** What a path holds, as far as judging has to know it: a long value is read only when it is told. */
export interface LazyEntry {
  readonly path: string;
  readonly createRevision: number;
  readonly modRevision: number;
  readonly version: number;
  /** What it goes with. */
  readonly lease?: string | undefined;
  /** Of its value, in UTF-16 code units. */
  readonly valueLength: number;
  /** The whole entry. */
  entry(): Entry;
  /** What is kept of it with the change that replaces it. */
  kept(): Before;
}

/** The state that a commit is judged against. It must not change before the steps are done. */
export interface Base<Stored extends LazyEntry> extends JudgedState {
  read(path: string): Stored | undefined;
  /**
   * What the path and all below it hold, and no sibling (S6), or those of them that come after one.
   * Never read on after a pause.
   */
  scanSubtree(path: string, after?: string): Iterable<Stored>;
}

/** What the commit is called if one is made. */
export interface Naming {
  readonly revision: number;
  /** Milliseconds since the Unix epoch. */
  readonly time: number;
}

/** A commit, and what each of its changes replaced. */
export interface Judgement<Stored extends LazyEntry> {
  readonly commit: EngineCommit;
  /** In the order of its changes. */
  readonly replaced: readonly (Stored | undefined)[];
  /** It is what the request does where a condition does not hold. */
  readonly otherwise: boolean;
}

/** There is nothing to change. */
export interface Unchanged {
  readonly commit: undefined;
  readonly otherwise: boolean;
}

/**
 * A commit that replaces values of more than this many code units is told without them: so much is
 * read in one turn, and told to those who asked for `prev`.
 */
export const PREV_LENGTH_MAX = 4 * 1024 * 1024;

/** A change, and what it replaces. */
interface Judged<Stored extends LazyEntry> {
  readonly path: string;
  /** What the path holds from now on; `undefined` for a delete. */
  readonly entry: Entry | undefined;
  readonly before: Stored | undefined;
}

/**
 * Judges one request: throws `conflict`, `too_large` or what conditions throw, or returns the commit that it makes,
 * if there is something to change. It writes nothing: the engine does, and only once it has the whole commit (S3).
 *
 * Nearly all commits are of one operation, and steps within steps would cost them as much as the rest:
 * so what a large commit needs beside is begun only for one.
 */
export function* evaluate<Stored extends LazyEntry>(
  request: WriteRequest,
  base: Base<Stored>,
  naming: Naming,
): CooperativeSteps<Judgement<Stored> | Unchanged> {
  const { actor, otherwise: others } = request;
  const pace = new TimeSlice();
  const isSure = request.conditions.length === 0 && others === undefined;
  const otherwise = isSure ? false : yield* isOtherwise(request, base, pace);
  const operations = otherwise && others !== undefined ? others : request.operations;
  const net = new NetOperations();
  for (let i = operations.length - 1; i >= 0; i--) {
    const operation = operations[i];
    if (operation !== undefined) net.take(operation);
    if (pace.isOver()) yield;
  }
  const changes = new ChangeList<Stored>();
  const leases = new LeasesThere(base);
  for (const [path, operation] of net.decided) {
    const before = base.read(path);
    if (operation.type === 'put') {
      leases.require(operation);
      changes.add({ path, entry: entryAfter(operation, before, actor, naming), before });
    } else if (before !== undefined && net.goesAlone(path) && isToGo(operation, before))
      changes.add({ path, entry: undefined, before });
    if (pace.isOver()) yield;
  }
  const cleared = net.hasSubtrees ? yield* net.outermost(pace) : NONE;
  for (const subtree of cleared) yield* clear(subtree, net, changes, { base, pace });
  const { all } = changes;
  if (all.length === 0) return { commit: undefined, otherwise };
  const made = new CommitInMaking<Stored>(request, naming, changes.arePrevsTold);
  for (const change of all.length > 1 ? yield* inTreeOrder(all, pace) : all) {
    made.add(change);
    if (pace.isOver()) yield;
  }
  return made.judgement(cleared, otherwise);
}

const NONE: readonly string[] = [];

/** Which branch is done; throws `conflict` where there is only one, and it is not. */
function* isOtherwise(
  { conditions, operations, otherwise }: WriteRequest,
  state: JudgedState,
  pace: TimeSlice,
): CooperativeSteps<boolean> {
  if (otherwise !== undefined) {
    // safeguard: writes-of-a-branch-are-apart
    yield* requireDistinct(operations, pace);
    yield* requireDistinct(otherwise, pace);
  }
  const broken = yield* firstBroken(conditions, state, pace);
  if (broken !== undefined && otherwise === undefined) throw conflict(broken);
  return broken !== undefined;
}

/** What is judged, put together. */
class CommitInMaking<Stored extends LazyEntry> {
  readonly #request: WriteRequest;
  readonly #naming: Naming;
  readonly #withPrev: boolean;
  readonly #changes: EngineChange[] = [];
  readonly #replaced: (Stored | undefined)[] = [];

  constructor(request: WriteRequest, naming: Naming, withPrev: boolean) {
    this.#request = request;
    this.#naming = naming;
    this.#withPrev = withPrev;
  }

  add({ path, entry, before }: Judged<Stored>): void {
    this.#changes.push(
      entry === undefined
        ? madeDelete(path, this.#request.cause ?? 'removed', before, this.#withPrev)
        : madePut(entry, before, this.#withPrev),
    );
    this.#replaced.push(before);
  }

  judgement(cleared: readonly string[], otherwise: boolean): Judgement<Stored> {
    const commit = commitOf(this.#naming, this.#request, this.#changes, {
      cleared,
      withPrev: this.#withPrev,
    });
    return { commit, replaced: this.#replaced, otherwise };
  }
}

/** A put as the feed tells it. */
export function madePut(
  entry: Entry,
  before: LazyEntry | undefined,
  withPrev: boolean,
): EngineChange {
  const { path } = entry;
  if (before === undefined) return { type: 'put', path, entry, replaced: 0 };
  const replaced = before.modRevision;
  if (!withPrev) return { type: 'put', path, entry, replaced };
  return { type: 'put', path, entry, before: before.kept(), replaced };
}

/** A delete as the feed tells it. */
export function madeDelete(
  path: string,
  cause: DeleteCause,
  before: LazyEntry | undefined,
  withPrev: boolean,
): EngineChange {
  if (before === undefined) return { type: 'delete', path, cause, replaced: 0 };
  const replaced = before.modRevision;
  if (!withPrev) return { type: 'delete', path, cause, replaced };
  return { type: 'delete', path, cause, before: before.kept(), replaced };
}

/** Puts a commit together, with the optional parts that it has. */
export function commitOf(
  { revision, time }: Naming,
  { actor, note }: { readonly actor: string; readonly note?: string },
  changes: readonly EngineChange[],
  { cleared, withPrev }: { readonly cleared: readonly string[]; readonly withPrev: boolean },
): EngineCommit {
  // As nearly all are; what is put together of optional parts takes several times as long.
  if (note === undefined && cleared.length === 0 && withPrev)
    return { revision, time, actor, changes };
  return {
    revision,
    time,
    actor,
    ...(note === undefined ? {} : { note }),
    changes,
    ...(cleared.length === 0 ? {} : { cleared }),
    ...(withPrev ? {} : { withoutPrev: true }),
  };
}

/** The outcome that the writer of `commit` is told. */
export function outcomeOf(commit: EngineCommit, otherwise: boolean): CommitOutcome {
  let puts = 0;
  for (const change of commit.changes) if (change.type === 'put') puts++;
  const outcome = { revision: commit.revision, puts, deletes: commit.changes.length - puts };
  return withBranch(outcome, otherwise);
}

/** Says which branch it was, where it was the second. */
export function withBranch(outcome: CommitOutcome, otherwise: boolean): CommitOutcome {
  return otherwise ? { ...outcome, otherwise } : outcome;
}

/** Deletes what is in a subtree and is not put again; what belongs to the server below it stays. */
function clear<Stored extends LazyEntry>(
  subtree: string,
  { decided }: NetOperations,
  changes: ChangeList<Stored>,
  { base, pace }: { readonly base: Base<Stored>; readonly pace: TimeSlice },
): CooperativeSteps<void> {
  const scan = (after: string | undefined) => base.scanSubtree(subtree, after);
  return visitInSteps(scan, pace, (before) => {
    const { path } = before;
    if (decided.get(path)?.type !== 'put' && !isHiddenIn(path, subtree))
      changes.add({ path, entry: undefined, before });
  });
}

/** A put over an entry continues it, also when the commit deleted it in between. */
function entryAfter(
  { path, value, lease }: EnginePut,
  before: LazyEntry | undefined,
  actor: string,
  { revision, time }: Naming,
): Entry {
  const entry = {
    path,
    value,
    createRevision: before?.createRevision ?? revision,
    modRevision: revision,
    version: (before?.version ?? 0) + 1,
    updatedAt: time,
    updatedBy: actor,
  };
  return lease === undefined ? entry : { ...entry, lease };
}

/** Ends a commit that grows too large before it takes the memory. */
class ChangeList<Stored extends LazyEntry> {
  readonly #changes: Judged<Stored>[] = [];
  #prevLength = 0;

  add(change: Judged<Stored>): void {
    if (this.#changes.length === limits.changesMax)
      throw new ProtocolError(
        'too_large',
        `the commit changes more than ${limits.changesMax} entries; change or remove them in parts`,
      );
    this.#changes.push(change);
    this.#prevLength += change.before?.valueLength ?? 0;
  }

  /** Whether what is replaced is told with the commit. */
  get arePrevsTold(): boolean {
    return this.#prevLength <= PREV_LENGTH_MAX;
  }

  get all(): readonly Judged<Stored>[] {
    return this.#changes;
  }
}
