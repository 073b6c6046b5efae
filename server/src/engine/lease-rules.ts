import { leaseNotFound, leasePath } from '@confer/shared';
import type { EngineDelete, EnginePut } from './engine.ts';

/** What a write is judged against. */
interface State {
  read(path: string): unknown;
}

/** What an entry goes with has to be there: a put beside the end of its lease comes before that, or is refused. */
export class LeasesThere {
  readonly #base: State;
  #known: string | undefined;

  constructor(base: State) {
    this.#base = base;
  }

  require({ path, lease }: EnginePut): void {
    if (lease === undefined || lease === this.#known) return;
    const at = leasePath(lease);
    // safeguard: lease-is-there
    if (path !== at && this.#base.read(at) === undefined) throw leaseNotFound(lease);
    this.#known = lease;
  }
}

/** Whether somebody has put it for good meanwhile, or with another lease: then it stays. */
export function isToGo(
  { ofLease }: EngineDelete,
  before: { readonly lease?: string | undefined },
): boolean {
  // safeguard: lease-takes-its-own
  return ofLease === undefined || before.lease === ofLease;
}
