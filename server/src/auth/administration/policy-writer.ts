import { type Condition, type Operation, ProtocolError } from '@confer/shared';
import type { Store } from '../../store/store.ts';
import type { LivePolicy } from '../live-policy.ts';
import type { Policy } from '../policy.ts';
import type { Principal } from '../principal.ts';
import { ROLES, TOKENS } from '../records.ts';

/** Who changes something: the server itself has a name alone. */
export type Author = Pick<Principal, 'name'> & Partial<Pick<Principal, 'tokenId' | 'roles'>>;

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

  /** What holds where somebody has the rights that they have now: neither their token nor a role of it was changed. */
  unchangedRights({ tokenId, roles = [] }: Omit<Author, 'name'>): Condition[] {
    const paths = roles
      .filter((name) => this.policy.roles.has(name))
      .map((name) => `${ROLES}/${name}`);
    if (tokenId !== undefined) paths.push(`${TOKENS}/${tokenId}`);
    return paths.map((path) => this.unchanged(path));
  }

  /**
   * Returns the revision from which it holds. What it was judged by has to be so when it is made, on whatever server of
   * a cluster that was: whoever lost their rights a moment before gives nothing any more. Rejects with `conflict`
   * otherwise, and shows nothing of what stands there.
   */
  async write(
    author: Author,
    operations: readonly Operation[],
    conditions: readonly Condition[] = [],
  ): Promise<number> {
    const write = {
      operations,
      conditions: distinct([...conditions, ...this.unchangedRights(author)]),
      actor: author.name,
      requestId: this.#newId(),
    };
    try {
      return (await this.#store.commitOwn(write)).revision;
    } catch (error) {
      if (!(error instanceof ProtocolError) || error.code !== 'conflict') throw error;
      const { path } = error.details;
      throw new ProtocolError(
        'conflict',
        'who may do what was changed by somebody else at the same time: look, and ask again',
        path === undefined ? {} : { path },
      );
    }
  }
}

function distinct(conditions: readonly Condition[]): Condition[] {
  return [...new Map(conditions.map((condition) => [condition.path, condition])).values()];
}
