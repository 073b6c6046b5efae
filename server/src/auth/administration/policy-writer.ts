import type { Condition, Operation } from '@confer/shared';
import type { Store } from '../../store/store.ts';
import type { LivePolicy } from '../live-policy.ts';
import type { Policy } from '../policy.ts';
import type { Principal } from '../principal.ts';

/**
 * Writes who may do what, as entries: so it has its place in the order of all that is written, is as durable as
 * anything else, and comes to every server of a cluster through the feed.
 */
export class PolicyWriter {
  readonly #store: Store;
  readonly #policy: LivePolicy;
  readonly #newId: () => string;

  constructor(store: Store, policy: LivePolicy, newId: () => string) {
    this.#store = store;
    this.#policy = policy;
    this.#newId = newId;
  }

  get policy(): Policy {
    return this.#policy.current;
  }

  /** What holds where the path is as it is now. */
  unchanged(path: string): Condition {
    return { path, modRevision: this.#store.get(path)?.modRevision ?? 0 };
  }

  /** Returns the revision from which it holds. */
  async write(
    { name: actor }: Pick<Principal, 'name'>,
    operations: readonly Operation[],
    conditions: readonly Condition[] = [],
  ): Promise<number> {
    const write = { operations, conditions, actor, requestId: this.#newId() };
    return (await this.#store.commitOwn(write)).revision;
  }
}
