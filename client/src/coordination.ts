import { type Entry, ttlProblem } from '@confer/shared';
import type { Client, WaitOptions } from './api.ts';
import type { Lease, LeaseAdministration, LeaseOptions } from './coordination/api.ts';
import type {
  DiscoverOptions,
  Discovery,
  Instance,
  RegisterOptions,
  Registration,
} from './coordination/discovery/api.ts';
import { healthyInstances } from './coordination/discovery/instances.ts';
import { discoverAs, registerAs } from './coordination/discovery/register.ts';
import { holderOf } from './coordination/holder.ts';
import { LeaseRequests } from './coordination/lease-requests.ts';
import type {
  CampaignOptions,
  Leadership,
  Lock,
  LockOptions,
  LockState,
  Observation,
} from './coordination/locks/api.ts';
import { campaign, observeNamed } from './coordination/locks/election.ts';
import { inspectNamed, lockNamed, withLockNamed } from './coordination/locks/lock.ts';
import { partsOf } from './coordination/parts.ts';
import { ConferError } from './errors.ts';
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
  return holderOf(client).grant(options);
}

/**
 * Keeps a lease alive that is there already, as one that another program has granted and named.
 *
 * @throws {ConferError} `lease_not_found`, `lease_lost`, `forbidden`, `timeout`.
 */
export async function keepLease(client: Client, id: string, options?: WaitOptions): Promise<Lease> {
  return holderOf(client).keep(id, options);
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

/**
 * Waits until nobody else holds a lock, first come first served, and holds it until it is released, lost, or the client
 * is closed. `name` is below `/locks`, or a path of its own.
 *
 * ```ts
 * await using held = await lock(client, 'orders/migration', { waitMs: 60_000 });
 * await migrate({ signal: held.signal, fencingToken: held.fencingToken });
 * ```
 *
 * @throws {ConferError} `lock_held` (not in `waitMs`), `aborted`, `invalid_argument`, `invalid_path`, `forbidden`,
 * `timeout` (no server answered).
 */
export async function lock(client: Client, name: string, options?: LockOptions): Promise<Lock> {
  return lockNamed(partsOf(client), name, options);
}

/**
 * Runs something while a lock is held, and gives its result. Throws `lease_lost` where the lock was lost before it was
 * done, whatever it came to.
 */
export async function withLock<Result>(
  client: Client,
  name: string,
  run: (lock: Lock) => Result | Promise<Result>,
  options?: LockOptions,
): Promise<Result> {
  return withLockNamed(partsOf(client), name, run, options);
}

/** Who holds a lock and who waits for it, as the server has it. */
export async function inspectLock(
  client: Client,
  name: string,
  options?: WaitOptions,
): Promise<LockState> {
  return inspectNamed(partsOf(client), name, options);
}

/**
 * Campaigns in an election: resolves when this client leads, with `value` for all to see. `name` is below
 * `/elections`, or a path of its own. Else it is a lock.
 */
export async function elect(
  client: Client,
  name: string,
  options: CampaignOptions,
): Promise<Leadership> {
  return campaign(partsOf(client), name, options);
}

/** Who leads, live, also for those who do not campaign. */
export function observe(client: Client, name: string): Observation {
  return observeNamed(partsOf(client), name);
}

/**
 * Registers this process as an instance of a service, below `/services` or at a path of its own, and keeps it there
 * until it is taken out, or the client is closed. Where the process dies, it goes within its TTL.
 *
 * ```ts
 * const registration = await register(client, 'orders', { address: '10.0.0.7:8080', labels: { zone: 'b' } });
 * await registration.drain();
 * await registration.deregister();
 * ```
 *
 * @throws {ConferError} `invalid_argument`, `invalid_path`, `too_many_leases`, `forbidden`, `timeout`.
 */
export async function register(
  client: Client,
  service: string,
  options: RegisterOptions,
): Promise<Registration> {
  return registerAs(partsOf(client), service, options);
}

/** The instances of a service, live: see `Discovery`. */
export function discover(client: Client, service: string, options?: DiscoverOptions): Discovery {
  return discoverAs(partsOf(client), service, options);
}

/** The instances of a service that can serve, out of entries that somebody has already: of `service`, its whole path. */
export function instancesIn(service: string, entries: readonly Entry[]): readonly Instance[] {
  return healthyInstances(service, entries);
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
export type {
  DiscoverOptions,
  Discovery,
  DiscoveryChange,
  DiscoveryEvents,
  DiscoveryProblem,
  Instance,
  InstanceState,
  InstanceUpdate,
  PickOptions,
  PickStrategy,
  RegisterOptions,
  Registration,
  RegistrationEvents,
  RegistrationStatus,
  RegistrationStatusChange,
} from './coordination/discovery/api.ts';
export type {
  AcquireOptions,
  CampaignOptions,
  Contender,
  Held,
  HoldStatus,
  Leadership,
  Lock,
  LockOptions,
  LockState,
  Observation,
  ObservationEvents,
} from './coordination/locks/api.ts';
export {
  createSequential,
  type SequentialEntry,
  type SequentialOptions,
} from './coordination/sequential.ts';
