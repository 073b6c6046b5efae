import type { Service } from '../api/context.ts';
import type { Runtime } from '../runtime.ts';
import type { RequestTurns } from './request-turns.ts';

/** What every session of a server shares. */
export interface SessionService extends Service {
  readonly runtime: Runtime;
  readonly turns: RequestTurns;
  readonly heartbeatMs: number;
  /** How long the server has been out of touch, so that what it shows may be old; `undefined`: it is not. */
  readonly behindMs: () => number | undefined;
}
