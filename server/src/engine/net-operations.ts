import { subtreesOf } from '@confer/shared';
import type { CooperativeSteps, TimeSlice } from './cooperative-steps.ts';
import type { EngineOperation } from './engine.ts';

/**
 * What the operations of a commit leave of the paths they name, before the base is looked at.
 *
 * The last operation on a path decides what becomes of it, so they are taken from the last to the first
 * and each path is decided once. That keeps a commit of n operations at n steps, where replaying
 * recursive deletes onto an overlay in order would look through the overlay for each.
 */
export class NetOperations {
  readonly #decided = new Map<string, EngineOperation>();
  readonly #subtrees = new Set<string>();

  /** The one before those that were taken. */
  take(operation: EngineOperation): void {
    const { path } = operation;
    if (this.#isInside(path)) return;
    if (operation.type === 'delete' && operation.recursive === true) this.#subtrees.add(path);
    else if (!this.#decided.has(path)) this.#decided.set(path, operation);
  }

  /** By path, the operation that decides what becomes of it. */
  get decided(): ReadonlyMap<string, EngineOperation> {
    return this.#decided;
  }

  /** A whole subtree goes, except for what is put into it later. */
  get hasSubtrees(): boolean {
    return this.#subtrees.size > 0;
  }

  /** Whether a path goes by itself, and not with a subtree. */
  goesAlone(path: string): boolean {
    return !this.#isInside(path);
  }

  /** The subtrees that go and are not inside another. */
  *outermost(pace: TimeSlice): CooperativeSteps<readonly string[]> {
    const outer: string[] = [];
    for (const subtree of this.#subtrees) {
      if (!this.#isInside(subtree, subtree)) outer.push(subtree);
      if (pace.isOver()) yield;
    }
    return outer;
  }

  #isInside(path: string, except?: string): boolean {
    if (this.#subtrees.size === 0) return false;
    for (const subtree of subtreesOf(path))
      if (subtree !== except && this.#subtrees.has(subtree)) return true;
    return false;
  }
}
