import { ProtocolError } from '@confer/shared';
import type { CommitOutcome, EngineLeases, Store } from '../store/store.ts';
import type { Ending } from './endings.ts';
import type { LeaseKeeping } from './keeping.ts';
import { type Lease, revocationOf } from './lease.ts';

/** Leases of a store whose engine keeps them: it ends them whichever server runs, and looks for them when it judges. */
export class EngineKeeping implements LeaseKeeping {
  readonly #store: Store;
  readonly #leases: EngineLeases;

  constructor(store: Store, leases: EngineLeases) {
    this.#store = store;
    this.#leases = leases;
  }

  prepare({ id, ttlMs }: Lease): Promise<void> {
    return this.#leases.grant(id, ttlMs);
  }

  begun(): void {}

  over(): void {}

  start(): void {}

  pause(): void {}

  stop(): void {}

  async keepAlive(leases: readonly Lease[]): Promise<readonly Lease[]> {
    if (leases.length === 0) return [];
    const kept = await this.#leases.keepAlive(leases.map(({ id }) => id));
    return leases.filter(({ id }) => kept.has(id));
  }

  remainingMs(): undefined {
    return undefined;
  }

  askRemainingMs({ id }: Lease): Promise<number | undefined> {
    return this.#leases.remainingMs(id);
  }

  /**
   * 1. That it is revoked, and by whom, is written to its entry: nobody keeps it alive any more, and whatever becomes of
   *    the rest, every server says why it ended.
   * 2. The engine ends it, with what was attached until then. What is attached after 1 goes as well.
   */
  async end(id: string, lease: Lease | undefined, ending: Ending): Promise<CommitOutcome> {
    const { actor, requestId } = ending;
    if (lease !== undefined) {
      const write = { operations: [revocationOf(lease)], conditions: [], actor, requestId };
      try {
        await this.#store.commitOwn(write);
      } catch (error) {
        // It has ended by itself.
        if (!(error instanceof ProtocolError) || error.code !== 'lease_not_found') throw error;
      }
    }
    return this.#leases.revoke(id, actor);
  }

  attach<Result>(_: ReadonlyMap<string, number>, run: () => Promise<Result>): Promise<Result> {
    return run();
  }

  attachingTo(): number {
    return 0;
  }
}
