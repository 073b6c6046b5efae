import type { DownMessage, Welcome } from '@confer/shared';
import type { ConferError } from './errors.ts';
import type { ClientStatus } from './status.ts';

/** What is not about the connection itself. */
export type RoutedMessage = Exclude<DownMessage, { type: 'welcome' | 'goodbye' }>;

/** What the connection tells the rest of the client, after its own state is whole. */
export interface ConnectionEvents {
  onOpen(welcome: Welcome): void;
  onMessage(message: RoutedMessage): void;
  onLost(reason: string): void;
  onFailed(error: ConferError): void;
  /** Comes after all of the above. */
  onStatus(status: ClientStatus): void;
  onError(error: unknown): void;
}
