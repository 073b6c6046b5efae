import { ttlProblem } from '@confer/shared';
import type { Client, WaitOptions } from '../api.ts';
import { ConferError } from '../errors.ts';
import type { Deadline } from '../requests/deadline.ts';
import { name as aName, count, object, text } from '../validation/argument-types.ts';
import { checkArgument, checkOptions } from '../validation/arguments.ts';
import { type ClientContext, contextOf } from '../watch/context.ts';
import type { Lease, LeaseOptions } from './api.ts';
import { HeldLease, sureForMs } from './held-lease.ts';
import { LeaseKeeper } from './lease-keeper.ts';
import { LeaseRequests } from './lease-requests.ts';
import type { Moment } from './stopwatch.ts';

/** Takes leases for one client, and keeps them. */
export class Holder {
  readonly #context: ClientContext;
  readonly #keeper: LeaseKeeper;
  readonly #requests: LeaseRequests;

  constructor(client: Client) {
    this.#context = contextOf(client);
    this.#keeper = new LeaseKeeper(client, this.#context);
    this.#requests = new LeaseRequests(this.#context);
  }

  async grant(options: LeaseOptions): Promise<Lease> {
    checkArgument('options', options, object);
    const { ttlMs, name, ...wait } = options;
    checkArgument('options.ttlMs', ttlMs, count);
    checkOptions(options, { name: aName });
    const problem = ttlProblem(ttlMs);
    if (problem !== undefined) throw new ConferError('invalid_argument', problem);
    const deadline = this.#context.newDeadline(wait);
    const asked = this.#keeper.stopwatch.now();
    const id = await this.#requests.grant({ ttlMs, name }, deadline);
    return this.#hold({ id, ttlMs }, await this.#confirmed({ id, ttlMs }, asked, deadline));
  }

  /** Holds a lease that is there already. */
  async keep(id: string, options: WaitOptions = {}): Promise<Lease> {
    checkArgument('the id of a lease', id, text);
    const deadline = this.#context.newDeadline(options);
    const { ttlMs } = await this.#requests.show(id, options);
    const asked = this.#keeper.stopwatch.now();
    const kept = await this.#requests.keepAlive([id], deadline);
    if (!kept.has(id)) throw lost(id);
    return this.#hold({ id, ttlMs }, await this.#confirmed({ id, ttlMs }, asked, deadline));
  }

  /**
   * Time counts from before it was asked for: where the answer took so long that the lease may be over, or nearly, it is
   * confirmed anew. Returns the moment from which it counts.
   */
  async #confirmed(
    { id, ttlMs }: { readonly id: string; readonly ttlMs: number },
    asked: Moment,
    deadline: Deadline,
  ): Promise<Moment> {
    const { stopwatch } = this.#keeper;
    for (let from = asked; ; ) {
      if (stopwatch.since(from) < sureForMs(ttlMs) / 2) return from;
      from = stopwatch.now();
      const kept = await this.#requests.keepAlive([id], deadline);
      if (!kept.has(id)) throw lost(id);
    }
  }

  #hold({ id, ttlMs }: { readonly id: string; readonly ttlMs: number }, asked: Moment): Lease {
    const { listeners, report } = this.#context;
    const keeper = this.#keeper;
    const lease = new HeldLease(
      {
        ...{ id, ttlMs, stopwatch: keeper.stopwatch, listeners, report },
        onOver: (over) => keeper.forget(over),
        revoke: (options) => this.#requests.revoke(id, options),
      },
      asked,
    );
    keeper.keep(lease, asked);
    return lease;
  }
}

function lost(id: string): ConferError {
  return new ConferError('lease_lost', `the lease ${id} was over before it could be used`);
}

/** One for each client that has had a lease. */
const holders = new WeakMap<object, Holder>();

export function holderOf(client: Client): Holder {
  const holder = holders.get(client) ?? new Holder(client);
  holders.set(client, holder);
  return holder;
}
