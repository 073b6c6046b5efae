import type { Clock } from '@confer/shared';
import type { ClientOptions } from './api.ts';
import type { Backoff } from './backoff.ts';
import type { Notices } from './notices.ts';
import type { OpenSocket } from './socket.ts';
import type { Endpoint } from './urls.ts';

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
