import type { Clock } from '@confer/shared';
import type { ClientOptions } from '../api.ts';
import type { Notices } from '../delivery/listener-queue.ts';
import type { OpenSocket } from '../sockets/socket.ts';
import type { Backoff } from './backoff.ts';
import type { Endpoint } from './endpoints.ts';

/** What a connection is to reach, and what it is to use for that. */
export interface ConnectionOptions {
  readonly endpoints: readonly [Endpoint, ...Endpoint[]];
  readonly openSocket: OpenSocket;
  readonly clock: Clock;
  readonly notices: Notices;
  readonly backoff: Backoff;
  readonly connectMs: number;
  readonly token?: ClientOptions['token'];
  readonly client?: ClientOptions['client'];
}
