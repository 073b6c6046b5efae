import type { Client, ClientOptions, WaitOptions } from './api.ts';
import { createClient } from './client.ts';
import type { Config, ConfigOptions, OutputOf, StandardSchema } from './config/api.ts';
import { OverrideFile } from './config/override-file.ts';
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
import { systemPlatform, warn } from './platform.ts';
import type { TlsOptions } from './sockets/tls.ts';
import { wsSockets } from './sockets/ws.ts';
import { callback, text } from './validation/argument-types.ts';
import { checkOptions } from './validation/arguments.ts';

/** What Node can do beside what browsers can. */
export interface NodeClientOptions extends ClientOptions {
  /** Whom to believe, and how to show oneself, over https and wss. */
  readonly tls?: TlsOptions;
  /**
   * The file in which the operator of this machine puts values over those of the server, for all typed configuration:
   * JSON whose keys are paths, `{ "/svc/orders/pool/max": 20 }`. Read anew when it changes; it need not be there.
   */
  readonly override?: string;
  /** Told what that file overrides. Default: `console.warn`. */
  readonly onOverride?: (message: string) => void;
}

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

/**
 * Connects to the servers at `urls` (http, https, ws or wss; with several, each attempt goes to the
 * next one) and returns at once: what is asked meanwhile waits for the connection.
 *
 * ```ts
 * const confer = connect('http://127.0.0.1:7480', { client: { name: 'orders' } });
 * const config = confer.mirror('/shop');
 * await config.ready();
 * config.on('change', ({ changes }) => ...);
 * ```
 *
 * @throws {ConferError} `invalid_argument`, when one of `urls` is no URL of a server or an option is
 * wrong. Never for network reasons.
 */
export function connect(
  urls: string | readonly string[],
  options: NodeClientOptions = {},
): NodeClient {
  checkOptions(options, { override: text, onOverride: callback });
  const { tls, override, onOverride = warn } = options ?? {};
  const client = createClient(urls, options, {
    ...systemPlatform(wsSockets(tls)),
    ...(override !== undefined && {
      override: (clock, report) => new OverrideFile(override, clock, report, onOverride),
    }),
  });
  return Object.assign(client, {
    config: <Schema extends StandardSchema>(
      path: string,
      schema: Schema,
      configOptions?: ConfigOptions,
    ) => config(client, path, schema, configOptions),
    lease: (leaseOptions: LeaseOptions) => grantLease(client, leaseOptions),
    ...coordinationOf(client),
  });
}

/** What `coordination.ts` has, as methods. */
function coordinationOf(client: Client) {
  return {
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
  };
}

export * from './public.ts';
export { fileSnapshot } from './snapshot/file-snapshot.ts';
export type { SnapshotOptions } from './snapshot/kept-mirrors.ts';
export { tracedExtras } from './traced-extras.ts';
export type { TlsOptions };
