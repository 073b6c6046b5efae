import { subtreesOf } from '@confer/shared';
import type { CommitRequest } from './engine.ts';
import type { Pace, Steps } from './steps.ts';

/** What the operations leave of the paths they name, before the base is looked at. */
export interface NetOperations {
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
export function* netOperations({ operations }: CommitRequest, pace: Pace): Steps<NetOperations> {
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

export function isCovered(path: string, subtrees: ReadonlySet<string>): boolean {
  for (const subtree of subtreesOf(path)) if (subtrees.has(subtree)) return true;
  return false;
}

/** Those that are not inside another. */
export function* outermost(subtrees: ReadonlySet<string>, pace: Pace): Steps<string[]> {
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
