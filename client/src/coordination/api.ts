import type { WaitOptions } from '../api.ts';

export interface LeaseOptions extends WaitOptions {
  /** From its last keep-alive on, in whole seconds: 2,000 to 86,400,000. What goes with it stays so long without its holder. */
  readonly ttlMs: number;
  /** What it is for, for people. */
  readonly name?: string;
}

export interface LeaseRevoked {
  readonly revision: number;
  /** Entries that went with it. */
  readonly removed: number;
}

/** What a server says of a lease. */
export interface LeaseInfo {
  readonly id: string;
  readonly ttlMs: number;
  /** What is left of it, where the server knows. */
  readonly remainingMs?: number;
  readonly name?: string;
  /** The principal who has it. */
  readonly owner?: string;
  /** How many entries go with it. */
  readonly entries?: number;
}

export interface LeaseWithPaths extends LeaseInfo {
  readonly revision: number;
  /** Of its entries, for its owner and for who may operate and read everything. */
  readonly paths?: readonly string[];
}

export interface LeaseList {
  readonly revision: number;
  readonly leases: readonly LeaseInfo[];
}

export interface LeaseAdministration {
  /** Nobody keeps it alive. */
  grant(options: LeaseOptions): Promise<{ readonly id: string; readonly ttlMs: number }>;
  /** Once. Whether it has its whole TTL again; else it is over, or not of who asks. */
  keepAlive(id: string, options?: WaitOptions): Promise<boolean>;
  revoke(id: string, options?: WaitOptions): Promise<LeaseRevoked>;
  show(id: string, options?: WaitOptions): Promise<LeaseWithPaths>;
  /** One's own; all, for who may operate the server. */
  list(options?: WaitOptions): Promise<LeaseList>;
}

/** `held`: surely there. `lost`: perhaps over, and never `held` again. `revoked`: given up by its holder. */
export type LeaseStatus = 'held' | 'lost' | 'revoked';

/**
 * Why a lease is lost. `unconfirmed`: no server has confirmed it in time, so that it may end any moment. `over`: the
 * server has ended it, or who this is may not keep it any more. `closed`: the client that kept it alive is closed.
 */
export type LeaseLoss = 'unconfirmed' | 'over' | 'closed';

export interface LeaseLostEvent {
  readonly reason: LeaseLoss;
  /** For people. */
  readonly message: string;
}

export interface LeaseEvents {
  lost: LeaseLostEvent;
}

/**
 * A lease that this client keeps alive. Entries that were put with its `id` go with it: when it is revoked, or some
 * time after its holder has died or was cut off.
 *
 * It is lost before the server ends it: as soon as what was confirmed last may be no more. Nothing that was done by
 * its right may go on then.
 */
export interface Lease {
  /** For `set(path, value, { lease })`, and `lease` of a put of a commit. */
  readonly id: string;
  readonly ttlMs: number;
  /** By the clock, at each look: also where the process was stopped, and no timer has had its turn yet. */
  readonly status: LeaseStatus;
  /** For how long it is held at least. */
  readonly heldForMs: number;
  /** Aborted when it is held no more, with a `ConferError` `lease_lost` as its reason. */
  readonly signal: AbortSignal;
  /** Why it is lost. */
  readonly loss: LeaseLostEvent | undefined;
  on<Name extends keyof LeaseEvents>(
    event: Name,
    listener: (event: LeaseEvents[Name]) => void,
  ): () => void;
  /**
   * Gives it up: everything that goes with it is gone when this returns. If no server answers, it fails, and the lease
   * ends by itself. Closing the client revokes nothing.
   */
  revoke(options?: WaitOptions): Promise<LeaseRevoked>;
  [Symbol.asyncDispose](): Promise<void>;
}
