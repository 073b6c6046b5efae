import type { Service } from '../api/context.ts';
import type { Runtime } from '../runtime.ts';
import type { RequestTurns } from './request-turns.ts';

/** What every session of a server shares. */
export interface SessionService extends Service {
  readonly runtime: Runtime;
  readonly turns: RequestTurns;
  readonly heartbeatMs: number;
}
