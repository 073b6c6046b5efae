import type { Change, Operation, Recording } from './recording.ts';

/** What a sync that runs will settle, if it ends well. */
interface RunningSync {
  readonly node: number;
  readonly covers: readonly number[];
  /** The whole file or directory, and not one write. */
  readonly isWhole: boolean;
}

/**
 * For each operation that changes something, the number of the operation from which on no loss of
 * power undoes it: the end of a sync that began after it. A name needs a sync of its directory, and
 * of both if it moved; that its file was synced does not help. What was not yet certain when a sync
 * failed will never be, as the kernel may have dropped it and a later sync would not say so.
 */
export function certainFrom({ operations }: Recording): Float64Array {
  const from = new Float64Array(operations.length).fill(Number.POSITIVE_INFINITY);
  const pending = new Pending();
  const running = new Map<string, RunningSync>();
  for (const [at, operation] of operations.entries()) {
    if (operation.kind === 'sync-start') {
      const { sync, node, ofWrite } = operation;
      const covers = ofWrite === undefined ? pending.of(node) : [ofWrite];
      running.set(sync, { node, covers, isWhole: ofWrite === undefined });
    } else if (operation.kind === 'sync-end') {
      const sync = running.get(operation.sync);
      if (sync === undefined) continue;
      running.delete(operation.sync);
      if (operation.error === 0)
        for (const done of pending.settle(sync.node, sync.covers)) from[done] = at;
      else pending.doom(sync.isWhole ? pending.of(sync.node) : sync.covers);
    } else if (isChange(operation)) pending.add(at, nodesOf(operation));
  }
  return from;
}

export function isChange(operation: Operation): operation is Operation & Change {
  return operation.kind === 'write' || operation.kind === 'resize' || operation.kind === 'name';
}

/** What has to be synced for it. */
function nodesOf(change: Change): number[] {
  if (change.kind !== 'name') return [change.node];
  return [change.was, change.is].flatMap((place) => place?.directory ?? []);
}

/** Operations that are not certain, with what has still to be synced for each. */
class Pending {
  readonly #missing = new Map<number, Set<number>>();
  readonly #ofNode = new Map<number, Set<number>>();

  add(operation: number, nodes: readonly number[]): void {
    this.#missing.set(operation, new Set(nodes));
    for (const node of nodes)
      this.#ofNode.set(node, (this.#ofNode.get(node) ?? new Set()).add(operation));
  }

  of(node: number): number[] {
    return [...(this.#ofNode.get(node) ?? [])];
  }

  /** Those that lack nothing any more. */
  settle(node: number, operations: readonly number[]): number[] {
    return operations.filter((operation) => {
      this.#ofNode.get(node)?.delete(operation);
      const missing = this.#missing.get(operation);
      missing?.delete(node);
      if (missing?.size !== 0) return false;
      this.#missing.delete(operation);
      return true;
    });
  }

  doom(operations: readonly number[]): void {
    for (const operation of operations) {
      for (const node of this.#missing.get(operation) ?? [])
        this.#ofNode.get(node)?.delete(operation);
      this.#missing.delete(operation);
    }
  }
}
