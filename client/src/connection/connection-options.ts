import type { Clock, DownMessage, Welcome } from '@confer/shared';
import type { ClientOptions } from '../api.ts';
import type { ListenerQueue } from '../delivery/listener-queue.ts';
import type { OpenSocket } from '../sockets/socket.ts';
import type { ClientStatus } from '../status.ts';
import type { Backoff } from './backoff.ts';
import type { Endpoint } from './endpoints.ts';

/** What a connection is to reach, and the dependencies that it uses for that. */
export interface ConnectionOptions {
  readonly endpoints: readonly [Endpoint, ...Endpoint[]];
  readonly openSocket: OpenSocket;
  readonly clock: Clock;
  readonly listeners: ListenerQueue;
  readonly backoff: Backoff;
  readonly connectMs: number;
  readonly token?: ClientOptions['token'];
  readonly client?: ClientOptions['client'];
}

/** What is not about the connection itself. */
export type RoutedMessage = Exclude<DownMessage, { type: 'welcome' | 'goodbye' }>;

/** What the connection tells the rest of the client, after its own state is whole. */
export interface ConnectionEvents {
  onOpen(welcome: Welcome): void;
  onMessage(message: RoutedMessage): void;
  /** `closeCode` is there where the other side, or this one, closed with one. */
  onLost(reason: string, closeCode: number | undefined): void;
  /** Comes after all of the above. */
  onStatus(status: ClientStatus): void;
  onError(error: unknown): void;
}
