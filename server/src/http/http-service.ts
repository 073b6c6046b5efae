import type { SessionService } from '../session/service.ts';
import type { Underway } from './underway.ts';

/** What the requests of a server share: what its sessions do, and what bounds those that have none. */
export interface HttpService extends SessionService {
  readonly underway: Underway;
}
