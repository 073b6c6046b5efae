import type { Clock } from '@confer/shared';
import type { Notices } from './notices.ts';
import type { RetryOutlook } from './status.ts';
import type { Timeouts } from './timeouts.ts';
import type { Watches } from './watches.ts';

/** What the mirrors and watches of a client have in common. */
export interface ClientContext {
  readonly clock: Clock;
  readonly notices: Notices;
  readonly timeouts: Timeouts;
  readonly watches: Watches;
  /** How long an outage lasts before users are told that they are lost. */
  readonly graceMs: number;
  /** Tells the user of what went wrong without anyone asking. */
  readonly report: (error: unknown) => void;
  /** For the end of a message: why the server is not reached. Empty while it is. */
  readonly trouble: () => string;
  /** Until when the connection was known to work: now, while it is open. */
  readonly sureUntil: () => number;
  /** When the connection is tried again, while it waits for that. */
  readonly retry: () => RetryOutlook;
}
