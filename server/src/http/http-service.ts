import type { SessionService } from '../session/service.ts';
import type { Socket } from '../transport/socket.ts';
import type { Readers } from './readers.ts';
import type { Underway } from './underway.ts';
import type { ReaderSession } from './watching-socket.ts';

/** What the requests of a server share: what its sessions do, and what bounds those that have none. */
export interface HttpService extends SessionService {
  readonly underway: Underway;
  readonly readers: Readers;
  /** Takes who listens by HTTP as another connection, with a session of its own. */
  readonly accept: (socket: Socket) => ReaderSession;
}
