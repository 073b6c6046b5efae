import type { Clock } from '@confer/shared';
import type { Connection } from '../connection/connection.ts';
import type { ListenerQueue } from '../delivery/listener-queue.ts';
import type { NewDeadline } from '../requests/deadline.ts';
import type { WatchRegistry } from './watch-registry.ts';

/** The dependencies that the mirrors and watches of a client have in common. */
export interface ClientContext {
  readonly clock: Clock;
  readonly connection: Connection;
  readonly listeners: ListenerQueue;
  readonly newDeadline: NewDeadline;
  readonly watches: WatchRegistry;
  /** How long an outage lasts before users are told that they are lost. */
  readonly graceMs: number;
  /** Tells the user of what went wrong without anyone asking. */
  readonly report: (error: unknown) => void;
}
