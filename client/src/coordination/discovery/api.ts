import type { MirrorReady, MirrorReadyOptions, WaitOptions } from '../../api.ts';
import type { MirrorStatus, MirrorStatusChange } from '../../status.ts';

/** `unhealthy`: there, and says that it cannot serve. `draining`: ends what it has begun, and takes nothing new. */
export type InstanceState = 'healthy' | 'unhealthy' | 'draining';

/** One process that serves, as its entry says it. */
export interface Instance {
  readonly id: string;
  /** Where it is to be reached. */
  readonly address: string;
  /** Its share of the work beside others, 0 to 1,000. 0: only where there is nobody else. */
  readonly weight: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly state: InstanceState;
  /** Why it is not healthy, for people. */
  readonly reason?: string;
}

/** What may be said anew. Labels are replaced as a whole. */
export interface InstanceUpdate {
  readonly address?: string;
  /** Default 1. */
  readonly weight?: number;
  /** At most 16. `zone` is where it is, for those who want one that is near. */
  readonly labels?: Readonly<Record<string, string>>;
}

export interface RegisterOptions extends InstanceUpdate, WaitOptions {
  readonly address: string;
  /** One segment of a path. Default: a new one. Who registers with an id that is there takes its place. */
  readonly id?: string;
  /** How long it stays when its process dies: 2,000 to 86,400,000, in whole seconds. Default 10,000. */
  readonly ttlMs?: number;
  /** Begins like this. */
  readonly healthy?: boolean;
}

/**
 * `registering`: not there, or perhaps not any more, and tried again. `replaced`: somebody else has registered with the
 * same id, and has it. The last two are final.
 */
export type RegistrationStatus = 'registering' | 'registered' | 'replaced' | 'deregistered';

export interface RegistrationStatusChange {
  readonly from: RegistrationStatus;
  readonly to: RegistrationStatus;
  readonly reason: string;
}

export interface RegistrationEvents {
  status: RegistrationStatusChange;
}

/** An instance that is kept registered until it is taken out: after an outage that was too long for its lease, anew. */
export interface Registration {
  readonly service: string;
  readonly id: string;
  /** The entry that it is. */
  readonly path: string;
  readonly status: RegistrationStatus;
  readonly instance: Instance;
  on<Name extends keyof RegistrationEvents>(
    event: Name,
    listener: (event: RegistrationEvents[Name]) => void,
  ): () => void;
  /** Each returns when the server has it, and keeps at it where that takes longer than the wait. */
  update(changes: InstanceUpdate, options?: WaitOptions): Promise<void>;
  setHealthy(isHealthy: boolean, reason?: string, options?: WaitOptions): Promise<void>;
  /** Asks for no more work, and stays for who is at work with it. */
  drain(options?: WaitOptions): Promise<void>;
  /** It is gone when this returns. If no server answers, this fails, and its lease ends by itself. */
  deregister(options?: WaitOptions): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** `roundRobin`: in turn, by weight. `leastRecent`: the one that was picked the longest time ago. */
export type PickStrategy = 'roundRobin' | 'leastRecent';

export interface PickOptions {
  /** Default: `roundRobin`. */
  readonly strategy?: PickStrategy;
  /** Those with this label `zone` first, and all others only where it has none. */
  readonly zone?: string;
}

export interface DiscoverOptions extends PickOptions {
  readonly signal?: AbortSignal;
}

/** What has changed among those that can serve: nothing, where it is among the others. */
export interface DiscoveryChange {
  readonly revision: number;
  readonly instances: readonly Instance[];
  readonly added: readonly Instance[];
  readonly removed: readonly Instance[];
  /** As they are now. */
  readonly changed: readonly Instance[];
}

export interface DiscoveryEvents {
  change: DiscoveryChange;
  status: MirrorStatusChange;
}

/** An entry that is no instance. */
export interface DiscoveryProblem {
  readonly path: string;
  readonly problem: string;
}

/**
 * The instances of a service, live. Where the link is away they stay, and `staleSince` says so: that the registry is
 * gone says nothing about them.
 */
export interface Discovery {
  readonly service: string;
  readonly status: MirrorStatus;
  /** See `Mirror`. */
  readonly staleSince: number | undefined;
  /** Those that are healthy, by their ids. Frozen; the same object until one of them is another one. */
  readonly instances: readonly Instance[];
  /** All that are registered, whatever their state. */
  readonly registered: readonly Instance[];
  /** Entries that were left out. Each was reported to `onError` of the client once. */
  readonly problems: readonly DiscoveryProblem[];
  ready(options?: MirrorReadyOptions): Promise<MirrorReady>;
  /** One to turn to next; `undefined` where there is none. */
  pick(options?: PickOptions): Instance | undefined;
  /** `change`: not for those that are there at first. */
  on<Name extends keyof DiscoveryEvents>(
    event: Name,
    listener: (event: DiscoveryEvents[Name]) => void,
  ): () => void;
  /** `instances` after each change from now on; who is slow gets the newest alone. */
  changes(options?: { readonly signal?: AbortSignal }): AsyncIterableIterator<readonly Instance[]>;
  close(): void;
}
