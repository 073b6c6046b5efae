import {
  type Change,
  type Condition,
  type Entry,
  limits,
  type Operation,
  ProtocolError,
  subtreesOf,
} from '@confer/shared';
import type { CommitOutcome, CommitRequest, MadeCommit } from './engine.ts';
import { Pace, type Steps } from './steps.ts';
import { inTreeOrder } from './tree-sort.ts';

/** The state that a commit is judged against. It must not change before the steps are done. */
export interface Base {
  read(path: string): Entry | undefined;
  /**
   * The entry at a path and all below it, and no sibling (S6), or those of them that come after one.
   * Never read on after a pause.
   */
  scanSubtree(path: string, after?: string): Iterable<Entry>;
}

/** What the commit is called if one is made. */
export interface Naming {
  readonly revision: number;
  /** Milliseconds since the Unix epoch. */
  readonly time: number;
}

/**
 * Judges one request: throws what its checks find, `conflict` or `too_large`, or returns the commit
 * that it makes, or `undefined` when there is nothing to change. It writes nothing: the engine does,
 * and only once it has the whole commit (S3).
 */
export function* evaluate(
  request: CommitRequest,
  base: Base,
  naming: Naming,
): Steps<MadeCommit | undefined> {
  const pace = new Pace();
  if (request.checks !== undefined) for (const size of request.checks) if (pace.isOver(size)) yield;
  for (const condition of request.conditions) {
    requireHeld(condition, base);
    if (pace.isOver()) yield;
  }
  const net = yield* netOperations(request, pace);
  const cleared = yield* outermost(net.subtrees, pace);
  const changes = yield* netChanges(net, cleared, request.actor, { base, naming, pace });
  return commitOf(request, naming, changes, cleared);
}

/**
 * The same for a request that only puts or deletes one path, as most do. Steps and the sets that
 * several operations need would cost more than all the rest of it.
 */
export function evaluateSingle(
  request: SingleRequest,
  base: Base,
  naming: Naming,
): MadeCommit | undefined {
  for (const condition of request.conditions) requireHeld(condition, base);
  const [operation] = request.operations;
  const { path } = operation;
  const prev = base.read(path);
  if (operation.type === 'put') {
    const change = putChange(path, operation.value, prev, request.actor, naming);
    return commitOf(request, naming, [change], []);
  }
  return prev === undefined ? undefined : commitOf(request, naming, [deleteChange(prev)], []);
}

/** A request that `evaluateSingle` takes. */
export type SingleRequest = CommitRequest & { readonly operations: readonly [Operation] };

export function isSingle(request: CommitRequest): request is SingleRequest {
  const { operations, conditions, checks } = request;
  const [first] = operations;
  if (first === undefined || operations.length > 1 || conditions.length > 1) return false;
  return checks === undefined && !(first.type === 'delete' && first.recursive === true);
}

function requireHeld({ path, modRevision }: Condition, base: Base): void {
  const current = base.read(path);
  if ((current?.modRevision ?? 0) !== modRevision) throw conflict(path, modRevision, current);
}

function commitOf(
  { actor, note }: CommitRequest,
  { revision, time }: Naming,
  changes: readonly Change[],
  cleared: readonly string[],
): MadeCommit | undefined {
  if (changes.length === 0) return undefined;
  // As nearly all are; what is put together of optional parts takes several times as long.
  if (note === undefined && cleared.length === 0) return { revision, time, actor, changes };
  return {
    revision,
    time,
    actor,
    ...(note === undefined ? {} : { note }),
    changes,
    ...(cleared.length === 0 ? {} : { cleared }),
  };
}

/** The outcome that the writer of `commit` is told. */
export function outcomeOf(commit: MadeCommit): CommitOutcome {
  let puts = 0;
  for (const change of commit.changes) if (change.type === 'put') puts++;
  return { revision: commit.revision, puts, deletes: commit.changes.length - puts };
}

/** What the operations leave of the paths they name, before the base is looked at. */
interface NetOperations {
  /** Path to the value that stays. */
  readonly puts: Map<string, string>;
  readonly deletes: Set<string>;
  /** Whole subtrees that go, except for what is put into them later. */
  readonly subtrees: Set<string>;
}

/**
 * The last operation on a path decides what becomes of it, so the operations are read from the last
 * to the first and each path is decided once. That keeps a commit of n operations at n steps, where
 * replaying recursive deletes onto an overlay in order would look through the overlay for each.
 */
function* netOperations({ operations }: CommitRequest, pace: Pace): Steps<NetOperations> {
  const net: NetOperations = { puts: new Map(), deletes: new Set(), subtrees: new Set() };
  const { puts, deletes, subtrees } = net;
  for (let i = operations.length - 1; i >= 0; i--) {
    const operation = operations[i];
    if (operation === undefined) continue;
    if (pace.isOver()) yield;
    const { path } = operation;
    if (subtrees.size > 0 && isCovered(path, subtrees)) continue;
    if (operation.type === 'delete' && operation.recursive === true) subtrees.add(path);
    else if (puts.has(path) || deletes.has(path)) continue;
    else if (operation.type === 'put') puts.set(path, operation.value);
    else deletes.add(path);
  }
  return net;
}

interface Judging {
  readonly base: Base;
  readonly naming: Naming;
  readonly pace: Pace;
}

function* netChanges(
  net: NetOperations,
  cleared: readonly string[],
  actor: string,
  judging: Judging,
): Steps<readonly Change[]> {
  const { puts, deletes, subtrees } = net;
  const { base, naming, pace } = judging;
  const changes = new ChangeList();
  for (const [path, value] of puts) {
    changes.add(putChange(path, value, base.read(path), actor, naming));
    if (pace.isOver(value.length)) yield;
  }
  for (const path of deletes) {
    const prev = base.read(path);
    if (prev !== undefined && !(subtrees.size > 0 && isCovered(path, subtrees)))
      changes.add(deleteChange(prev));
    if (pace.isOver()) yield;
  }
  for (const subtree of cleared) yield* clear(subtree, puts, changes, judging);
  return yield* inTreeOrder(changes.all);
}

/** Deletes what is in a subtree and is not put again. */
function* clear(
  subtree: string,
  puts: NetOperations['puts'],
  changes: ChangeList,
  { base, pace }: Judging,
): Steps<void> {
  let after: string | undefined;
  do {
    const start = after;
    after = undefined;
    for (const prev of base.scanSubtree(subtree, start)) {
      if (!puts.has(prev.path)) changes.add(deleteChange(prev));
      if (!pace.isOver(prev.value.length)) continue;
      after = prev.path;
      break;
    }
    if (after !== undefined) yield;
  } while (after !== undefined);
}

function deleteChange(prev: Entry): Change {
  return { type: 'delete', path: prev.path, cause: 'removed', prev };
}

/** A put over an entry continues it, also when the commit deleted it in between. */
function putChange(
  path: string,
  value: string,
  prev: Entry | undefined,
  actor: string,
  { revision, time }: Naming,
): Change {
  const entry: Entry = {
    path,
    value,
    createRevision: prev?.createRevision ?? revision,
    modRevision: revision,
    version: (prev?.version ?? 0) + 1,
    updatedAt: time,
    updatedBy: actor,
  };
  return prev === undefined ? { type: 'put', path, entry } : { type: 'put', path, entry, prev };
}

class ChangeList {
  readonly #changes: Change[] = [];

  add(change: Change): void {
    if (this.#changes.length === limits.changesMax)
      throw new ProtocolError(
        'too_large',
        `the commit changes more than ${limits.changesMax} entries`,
      );
    this.#changes.push(change);
  }

  get all(): readonly Change[] {
    return this.#changes;
  }
}

function isCovered(path: string, subtrees: ReadonlySet<string>): boolean {
  for (const subtree of subtreesOf(path)) if (subtrees.has(subtree)) return true;
  return false;
}

/** Those that are not inside another. */
function* outermost(subtrees: ReadonlySet<string>, pace: Pace): Steps<string[]> {
  const outer: string[] = [];
  for (const subtree of subtrees) {
    if (!isInside(subtree, subtrees)) outer.push(subtree);
    if (pace.isOver()) yield;
  }
  return outer;
}

function isInside(subtree: string, subtrees: ReadonlySet<string>): boolean {
  for (const outer of subtreesOf(subtree))
    if (outer !== subtree && subtrees.has(outer)) return true;
  return false;
}

function conflict(path: string, expected: number, current: Entry | undefined): ProtocolError {
  const wanted = expected === 0 ? 'expected to hold nothing' : `expected at revision ${expected}`;
  const found = current === undefined ? 'holds nothing' : `is at revision ${current.modRevision}`;
  return new ProtocolError('conflict', `${path} was ${wanted} but ${found}`, {
    path,
    current: current ?? null,
  });
}
