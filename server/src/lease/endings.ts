import { type DeleteCause, leasePath } from '@confer/shared';
import type { CommitOutcome, Store } from '../store/store.ts';
import type { Attaching } from './attaching.ts';
import type { LeaseTable } from './lease-table.ts';

/** How a lease ends. */
export interface Ending {
  readonly cause: Exclude<DeleteCause, 'removed'>;
  readonly actor: string;
  readonly requestId: string;
}

export interface EndingParts {
  readonly store: Store;
  readonly table: LeaseTable;
  readonly attaching: Attaching;
}

/**
 * Ends leases, each with all that goes with it, in one commit. Beside it others write:
 *
 * 1. A put with the lease that was judged before must be seen here, or it would stay behind with a lease that is over.
 *    So an end waits until no such put is under way, and whoever begins one meanwhile waits for the end.
 * 2. A path that was put for good, or with another lease, after its name was taken down: the engine looks once more
 *    when it judges, and leaves it (`ofLease`).
 * 3. Two ends of one lease: the second waits, and finds nothing. A retry of a revocation is answered with the first
 *    outcome, because what a lease had is no part of what the request is known by.
 */
export class Endings {
  readonly #with: EndingParts;
  readonly #running = new Map<string, Promise<void>>();

  constructor(parts: EndingParts) {
    this.#with = parts;
  }

  /** Resolves when a lease is not about to end any more, as it has or could not; `undefined`: it is not. */
  settled(id: string): Promise<void> | undefined {
    return this.#running.get(id);
  }

  async end(id: string, ending: Ending): Promise<CommitOutcome> {
    for (let other = this.settled(id); other !== undefined; other = this.settled(id)) await other;
    let settle = () => {};
    this.#running.set(
      id,
      new Promise((resolve) => {
        settle = resolve;
      }),
    );
    try {
      return await this.#end(id, ending);
    } finally {
      this.#running.delete(id);
      settle();
    }
  }

  async #end(id: string, { cause, actor, requestId }: Ending): Promise<CommitOutcome> {
    const { store, table, attaching } = this.#with;
    // safeguard: end-waits-for-puts
    await attaching.idle(id);
    const entry = { type: 'delete', path: leasePath(id) } as const;
    const entries = Array.from(table.pathsOf(id), (path) => ({ ...entry, path, ofLease: id }));
    const operations = [entry, ...entries];
    return store.commitOwn({ operations, conditions: [], cause, actor, requestId });
  }
}
