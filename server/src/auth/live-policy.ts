import { isWithin } from '@confer/shared';
import type { EngineCommit, Store } from '../store/store.ts';
import { type AuthChange, Policy } from './policy.ts';
import { AUTH } from './records.ts';

const PAGE_ITEMS = 1_000;

/** The policy that holds now. It follows the feed of commits, so every gateway of a cluster has the same at each revision. */
export class LivePolicy {
  readonly #store: Store;
  #current = new Policy();

  /** Reads all of it, so that nobody is served before it is known. */
  constructor(store: Store) {
    this.#store = store;
    // safeguard: policy-is-read-before-anybody-is-served
    this.reload();
  }

  get current(): Policy {
    return this.#current;
  }

  /** Nobody knows what happened one by one: what is there now counts. */
  reload(): void {
    const revision = this.#store.revision;
    this.#current = new Policy();
    this.#current.apply(this.#entries(), revision);
  }

  /** Whether a commit has something of who may do what. */
  touches({ changes }: EngineCommit): boolean {
    return changes.some(({ path }) => isWithin(path, AUTH));
  }

  /** The policy is that after a commit. Returns whether somebody's rights may be others. */
  take({ revision, changes }: EngineCommit): boolean {
    const own = changes
      .filter(({ path }) => isWithin(path, AUTH))
      .map((change) => ({
        path: change.path,
        value: change.type === 'put' ? change.entry.value : undefined,
      }));
    return this.#current.apply(own, revision);
  }

  *#entries(): Generator<AuthChange, void, void> {
    let after: string | undefined;
    do {
      const start = after === undefined ? {} : { after };
      const page = this.#store.list({ path: AUTH, limit: PAGE_ITEMS, ...start });
      yield* page.entries;
      after = page.next;
    } while (after !== undefined);
  }
}
