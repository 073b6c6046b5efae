import type { Clock, Random } from '@confer/shared';
import type { Connection } from '../connection/connection.ts';
import type { ListenerQueue } from '../delivery/listener-queue.ts';
import { ConferError } from '../errors.ts';
import type { OpenSnapshots, OverrideSource } from '../local-api.ts';
import type { NewDeadline } from '../requests/deadline.ts';
import type { Requests } from '../requests/requests.ts';
import type { WatchRegistry } from './watch-registry.ts';

/**
 * The member of a client that has its inner parts, for the other entries of the package. Each is a bundle of its own
 * in browsers, so it is found by a name that all of them know.
 */
export const INNER: unique symbol = Symbol.for('confer');

/** The dependencies that the mirrors and watches of a client have in common. */
export interface ClientContext {
  readonly clock: Clock;
  /** As in `Platform`. */
  readonly uptimeMs: () => number;
  /** A fresh name for a write (S4). */
  readonly newId: () => string;
  readonly random: Random;
  readonly connection: Connection;
  readonly listeners: ListenerQueue;
  readonly newDeadline: NewDeadline;
  readonly requests: Requests;
  readonly watches: WatchRegistry;
  /** Calls back when the status of the connection is another. Returns the unsubscriber. */
  readonly onStatus: (listener: () => void) => () => void;
  /** How a server has sent this client away, until one takes it. */
  readonly refusal: () => ConferError | undefined;
  readonly snapshots: OpenSnapshots | undefined;
  readonly override: OverrideSource | undefined;
  /** How long an outage lasts before users are told that they are lost. */
  readonly graceMs: number;
  /** Aborted when its user closes the client, while what is asked still leaves. */
  readonly closing: AbortSignal;
  /** Tells the user of what went wrong without anyone asking. */
  readonly report: (error: unknown) => void;
}

/** The inner parts of what `connect` has made. Throws `invalid_argument` for anything else. */
export function contextOf(client: object): ClientContext {
  if (isOfThisPackage(client)) return client[INNER];
  throw new ConferError('invalid_argument', 'a client is what connect has made');
}

function isOfThisPackage(client: object): client is { readonly [INNER]: ClientContext } {
  return Object(client) === client && INNER in client;
}
