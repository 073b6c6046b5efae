import type { Replica } from '../replica/replica.ts';
import { ReplicaReads } from '../replica/replica-reads.ts';
import type { Barrier } from './barrier.ts';
import type { RevisionWaiters } from './waiting.ts';

/** Reads of the replica, and how it comes to be as new as a reader needs it. */
export class GatewayReads extends ReplicaReads {
  readonly #barrier: Barrier;
  readonly #waiters: RevisionWaiters;
  readonly #nudge: () => void;

  constructor(
    replica: Replica,
    options: {
      readonly barrier: Barrier;
      readonly waiters: RevisionWaiters;
      /** Makes something come that says how far the replica is. */
      readonly nudge: () => void;
    },
  ) {
    super(replica);
    this.#barrier = options.barrier;
    this.#waiters = options.waiters;
    this.#nudge = options.nudge;
  }

  override barrier(): Promise<void> {
    return this.#barrier.pass();
  }

  override reach(revision: number, withinMs: number): boolean | Promise<boolean> {
    if (revision <= this.revision) return true;
    this.#nudge();
    return this.#waiters.wait(revision, withinMs);
  }
}
