import type { Client, WaitOptions } from './api.ts';
import type { Config, ConfigOptions, OutputOf, StandardSchema } from './config/api.ts';
import { config } from './config.ts';
import {
  type CampaignOptions,
  type DiscoverOptions,
  type Discovery,
  discover,
  elect,
  grantLease,
  inspectLock,
  type Leadership,
  type Lease,
  type LeaseOptions,
  type Lock,
  type LockOptions,
  type LockState,
  lock,
  type Observation,
  observe,
  type RegisterOptions,
  type Registration,
  register,
  withLock,
} from './coordination.ts';

/** What a client on Node can do beside. In pages each is an entry of its own: `@confer/client/config`, `.../coordination`. */
export interface NodeClient extends Client {
  /**
   * A subtree as one object, validated by a schema of any library that keeps to Standard Schema, and kept up to date:
   * see `Config`.
   */
  config<Schema extends StandardSchema>(
    path: string,
    schema: Schema,
    options?: ConfigOptions,
  ): Config<OutputOf<Schema>>;
  /** Takes a lease and keeps it alive: see `Lease`. */
  lease(options: LeaseOptions): Promise<Lease>;
  /** Waits for a lock, first come first served, and holds it: see `Lock`. */
  lock(name: string, options?: LockOptions): Promise<Lock>;
  /** Runs something while a lock is held. */
  withLock<Result>(
    name: string,
    run: (lock: Lock) => Result | Promise<Result>,
    options?: LockOptions,
  ): Promise<Result>;
  /** Who holds a lock, and who waits for it. */
  inspectLock(name: string, options?: WaitOptions): Promise<LockState>;
  /** Campaigns until it leads: see `Leadership`. */
  elect(name: string, options: CampaignOptions): Promise<Leadership>;
  /** Who leads, live. */
  observe(name: string): Observation;
  /** Keeps this process registered as an instance of a service: see `Registration`. */
  register(service: string, options: RegisterOptions): Promise<Registration>;
  /** The instances of a service, live: see `Discovery`. */
  discover(service: string, options?: DiscoverOptions): Discovery;
}

/** The same client, with what elsewhere are functions of other entries as methods. */
export function asNodeClient(client: Client): NodeClient {
  return Object.assign(client, {
    config: <Schema extends StandardSchema>(
      path: string,
      schema: Schema,
      options?: ConfigOptions,
    ) => config(client, path, schema, options),
    lease: (options: LeaseOptions) => grantLease(client, options),
    lock: (name: string, options?: LockOptions) => lock(client, name, options),
    withLock: <Result>(
      name: string,
      run: (held: Lock) => Result | Promise<Result>,
      options?: LockOptions,
    ) => withLock(client, name, run, options),
    inspectLock: (name: string, options?: WaitOptions) => inspectLock(client, name, options),
    elect: (name: string, options: CampaignOptions) => elect(client, name, options),
    observe: (name: string) => observe(client, name),
    register: (service: string, options: RegisterOptions) => register(client, service, options),
    discover: (service: string, options?: DiscoverOptions) => discover(client, service, options),
  });
}
