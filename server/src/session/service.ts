import type { Status } from '@confer/shared';
import type { Counters } from '../counters.ts';
import type { Log } from '../log.ts';
import type { Runtime } from '../runtime.ts';
import type { Store } from '../store/store.ts';
import type { Hub } from '../watch/hub.ts';
import type { RequestTurns } from './request-turns.ts';

/** What every session of a server shares. */
export interface Service {
  readonly store: Store;
  readonly hub: Hub;
  readonly runtime: Runtime;
  readonly log: Log;
  readonly counters: Counters;
  readonly turns: RequestTurns;
  readonly heartbeatMs: number;
  /** Watches of all connections together. */
  readonly watchesMax: number;
  readonly status: () => Omit<Status, 'type' | 'id'>;
}
