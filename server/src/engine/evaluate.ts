import {
  type Change,
  compareCodePoints,
  type Entry,
  limits,
  orderKey,
  ProtocolError,
  subtreesOf,
} from '@confer/shared';
import type { CommitOutcome, CommitRequest, MadeCommit } from './engine.ts';

/** The state that a commit is judged against. */
export interface Base {
  read(path: string): Entry | undefined;
  /** The entry at a path and all below it, and no sibling (S6). */
  scanSubtree(path: string): Iterable<Entry>;
}

/** What the commit is called if one is made. */
export interface Naming {
  readonly revision: number;
  /** Milliseconds since the Unix epoch. */
  readonly time: number;
}

/**
 * Judges one request: throws `conflict` or `too_large`, or returns the commit that it makes, or
 * `undefined` when there is nothing to change. It writes nothing: the engine does, and only once it
 * has the whole commit (S3).
 */
export function evaluate(
  request: CommitRequest,
  base: Base,
  naming: Naming,
): MadeCommit | undefined {
  for (const { path, modRevision } of request.conditions) {
    const current = base.read(path);
    if ((current?.modRevision ?? 0) !== modRevision) throw conflict(path, modRevision, current);
  }
  const net = netOperations(request);
  const changes = netChanges(net, request.actor, base, naming);
  if (changes.length === 0) return undefined;
  const { actor, note } = request;
  const { revision, time } = naming;
  const cleared = outermost(net.subtrees);
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
function netOperations({ operations }: CommitRequest): NetOperations {
  const net: NetOperations = { puts: new Map(), deletes: new Set(), subtrees: new Set() };
  const { puts, deletes, subtrees } = net;
  for (let i = operations.length - 1; i >= 0; i--) {
    const operation = operations[i];
    if (operation === undefined) continue;
    const { path } = operation;
    if (subtrees.size > 0 && isCovered(path, subtrees)) continue;
    if (operation.type === 'delete' && operation.recursive === true) subtrees.add(path);
    else if (puts.has(path) || deletes.has(path)) continue;
    else if (operation.type === 'put') puts.set(path, operation.value);
    else deletes.add(path);
  }
  return net;
}

function netChanges(
  { puts, deletes, subtrees }: NetOperations,
  actor: string,
  base: Base,
  naming: Naming,
): readonly Change[] {
  const changes = new ChangeList();
  for (const [path, value] of puts)
    changes.add(putChange(path, value, base.read(path), actor, naming));
  for (const path of deletes) {
    const prev = base.read(path);
    if (prev !== undefined && !(subtrees.size > 0 && isCovered(path, subtrees)))
      changes.add({ type: 'delete', path, cause: 'removed', prev });
  }
  for (const subtree of outermost(subtrees))
    for (const prev of base.scanSubtree(subtree))
      if (!puts.has(prev.path))
        changes.add({ type: 'delete', path: prev.path, cause: 'removed', prev });
  return changes.inTreeOrder();
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

  inTreeOrder(): readonly Change[] {
    if (this.#changes.length < 2) return this.#changes;
    return this.#changes
      .map((change) => ({ key: orderKey(change.path), change }))
      .sort((a, b) => compareCodePoints(a.key, b.key))
      .map(({ change }) => change);
  }
}

function isCovered(path: string, subtrees: ReadonlySet<string>): boolean {
  for (const subtree of subtreesOf(path)) if (subtrees.has(subtree)) return true;
  return false;
}

/** Those that are not inside another. */
function outermost(subtrees: ReadonlySet<string>): string[] {
  return [...subtrees].filter((subtree) => {
    for (const outer of subtreesOf(subtree))
      if (outer !== subtree && subtrees.has(outer)) return false;
    return true;
  });
}

function conflict(path: string, expected: number, current: Entry | undefined): ProtocolError {
  const wanted = expected === 0 ? 'expected to hold nothing' : `expected at revision ${expected}`;
  const found = current === undefined ? 'holds nothing' : `is at revision ${current.modRevision}`;
  return new ProtocolError('conflict', `${path} was ${wanted} but ${found}`, {
    path,
    current: current ?? null,
  });
}
