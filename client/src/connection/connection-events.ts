import type { DownMessage, Welcome } from '@confer/shared';
import type { ClientStatus } from '../status.ts';

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
