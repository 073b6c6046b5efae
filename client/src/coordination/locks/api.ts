import type { WaitOptions } from '../../api.ts';
import type { ConferError } from '../../errors.ts';

export interface AcquireOptions {
  /**
   * How long it stays with a holder that died or was cut off: 2,000 to 86,400,000, in whole seconds. Default 15,000.
   * Who is cut off has nearly as long to come back.
   */
  readonly ttlMs?: number;
  /** How long to wait for others. 0: not at all. Default: for ever. */
  readonly waitMs?: number;
  /** Gives up waiting. Nothing of it is left behind. */
  readonly signal?: AbortSignal;
}

export interface LockOptions extends AcquireOptions {
  /** What it is held for, for people who look who holds it. */
  readonly about?: string;
}

export interface CampaignOptions extends AcquireOptions {
  /** What the leader says to all: where it is to be reached, say. */
  readonly value: string;
}

/** `lost`: it may be of somebody else now. `released`: given up, or its client is closed. */
export type HoldStatus = 'held' | 'lost' | 'released';

/** What is held by one at a time, until it is given up or lost. */
export interface Held {
  readonly name: string;
  /** The entry that holds it. */
  readonly path: string;
  /** Higher than that of whoever held it before: a resource that refuses lower ones refuses those who are late. */
  readonly fencingToken: number;
  /** By the clock, at each look: also where the process was stopped, and no timer has had its turn yet. */
  readonly status: HoldStatus;
  /** For how long it is held at least. */
  readonly heldForMs: number;
  /** Aborted when it is held no more, before anybody else can hold it. */
  readonly signal: AbortSignal;
  /** Why it is lost. */
  readonly loss: ConferError | undefined;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface Lock extends Held {
  /** Gives it up: the next one has it when this returns. If no server answers, this fails, and its lease ends by itself. */
  release(options?: WaitOptions): Promise<void>;
}

export interface Leadership extends Held {
  /** Says something else to all. */
  proclaim(value: string, options?: WaitOptions): Promise<void>;
  /** Steps down: the next one leads when this returns. */
  resign(options?: WaitOptions): Promise<void>;
}

/** One who holds or waits, as the server has it. */
export interface Contender {
  readonly id: string;
  /** What it has said: of a lock what it is for, of an election the value. */
  readonly value: string;
  /** Who it is to the server. */
  readonly by: string;
  /** When it queued up or last said something, in ms since the Unix epoch, by the clock of the server. */
  readonly since: number;
  readonly fencingToken: number;
}

export interface LockState {
  readonly revision: number;
  readonly holder: Contender | undefined;
  /** First come first. */
  readonly waiting: readonly Contender[];
}

export interface ObservationEvents {
  /** Somebody else leads, or nobody, or the leader has said something else. Not for who leads at first. */
  change: Contender | undefined;
}

/** Who leads, live. */
export interface Observation {
  readonly name: string;
  /** The same frozen object until it is another one or says something else. */
  readonly leader: Contender | undefined;
  /** Since when the link is away, so that there may be another one: see `Mirror`. */
  readonly staleSince: number | undefined;
  /** Resolves once it is known who leads, or that nobody does. */
  ready(options?: WaitOptions): Promise<void>;
  on<Name extends keyof ObservationEvents>(
    event: Name,
    listener: (event: ObservationEvents[Name]) => void,
  ): () => void;
  close(): void;
}
