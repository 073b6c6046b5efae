import type { Client } from './api.ts';
import type { Lease, LeaseOptions } from './coordination/api.ts';
import { grant } from './coordination/grant.ts';
import { systemUptimeMs } from './system-clock.ts';

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
export function grantLease(client: Client, options: LeaseOptions): Promise<Lease> {
  return grant(client, options, systemUptimeMs);
}

export type {
  Lease,
  LeaseEvents,
  LeaseLoss,
  LeaseLostEvent,
  LeaseOptions,
  LeaseStatus,
} from './coordination/api.ts';
