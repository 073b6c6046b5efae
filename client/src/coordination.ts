import { ttlProblem } from '@confer/shared';
import type { Client, WaitOptions } from './api.ts';
import type { Lease, LeaseAdministration, LeaseOptions } from './coordination/api.ts';
import { holderOf } from './coordination/holder.ts';
import { LeaseRequests } from './coordination/lease-requests.ts';
import { ConferError } from './errors.ts';
import { systemUptimeMs } from './system-clock.ts';
import { contextOf } from './watch/context.ts';

/**
 * Takes a lease, and keeps it alive: entries that are put with its id go with it. An entry of its own, so that who only
 * reads and writes does not load it; on Node a client has it as a method, `client.lease`.
 *
 * ```ts
 * const lease = await grantLease(client, { ttlMs: 10_000, name: 'orders 7' });
 * await client.set('/services/orders/7', address, { lease: lease.id });
 * lease.signal.addEventListener('abort', stopServing);
 * ```
 *
 * @throws {ConferError} `invalid_argument`, `too_many_leases`, `forbidden`, `timeout`.
 */
export async function grantLease(client: Client, options: LeaseOptions): Promise<Lease> {
  return holderOf(client, systemUptimeMs).grant(options);
}

/**
 * Keeps a lease alive that is there already, as one that another program has granted and named.
 *
 * @throws {ConferError} `lease_not_found`, `lease_lost`, `forbidden`, `timeout`.
 */
export async function keepLease(client: Client, id: string, options?: WaitOptions): Promise<Lease> {
  return holderOf(client, systemUptimeMs).keep(id, options);
}

/** Looks at leases, and makes and ends them without keeping them alive. */
export function leasesOf(client: Client): LeaseAdministration {
  const context = contextOf(client);
  const requests = new LeaseRequests(context);
  return {
    async grant({ ttlMs, name, ...wait }) {
      const problem = ttlProblem(ttlMs);
      if (problem !== undefined) throw new ConferError('invalid_argument', problem);
      const id = await requests.grant({ ttlMs, name }, context.newDeadline(wait));
      return { id, ttlMs };
    },
    keepAlive: async (id, options) =>
      (await requests.keepAlive([id], context.newDeadline(options))).has(id),
    revoke: (id, options) => requests.revoke(id, options),
    show: (id, options) => requests.show(id, options),
    list: (options) => requests.list(options),
  };
}

export type {
  Lease,
  LeaseAdministration,
  LeaseEvents,
  LeaseInfo,
  LeaseList,
  LeaseLoss,
  LeaseLostEvent,
  LeaseOptions,
  LeaseRevoked,
  LeaseStatus,
  LeaseWithPaths,
} from './coordination/api.ts';
export {
  createSequential,
  type SequentialEntry,
  type SequentialOptions,
} from './coordination/sequential.ts';
