import { type ErrorCode, errorKind, errorOfClose, type Timer, type Welcome } from '@confer/shared';
import type { Socket } from '../sockets/socket.ts';
import type { InactivityTimer } from './inactivity-timer.ts';

/** One try to reach a server. Events of a socket count only while its attempt is the current one. */
export interface Attempt {
  /** When the server said to come back, once it has said goodbye. */
  goodbyeMs?: number;
  /** Something came over it that its users wanted. */
  isOfUse?: boolean;
}

/**
 * The way to the server, kept up by itself:
 *
 *   asking ──token──▶ connecting ──open──▶ greeting ──welcome──▶ open
 *     ▲ └───────────────────┴───────┬─────────┴────────────────────┘
 *     │                     lost, refused              (from anywhere)
 *     └───────timer────────────── waiting              close() ──▶ closing ──▶ closed
 *
 * A state holds the one timer that may be running in it. No refusal is for good: the next attempt goes to
 * another server, with a new token, and whoever mends a server need not restart all its clients.
 */
export type State =
  | { readonly kind: 'idle' }
  | { readonly kind: 'asking'; readonly attempt: Attempt; readonly timer: Timer }
  | {
      readonly kind: 'connecting';
      readonly attempt: Attempt;
      readonly timer: Timer;
      readonly socket: Socket;
    }
  | {
      readonly kind: 'greeting';
      readonly attempt: Attempt;
      readonly timer: Timer;
      readonly socket: Socket;
    }
  | {
      readonly kind: 'open';
      readonly attempt: Attempt;
      readonly timer: InactivityTimer;
      readonly socket: Socket;
      readonly welcome: Welcome;
    }
  | { readonly kind: 'waiting'; readonly timer: Timer }
  | { readonly kind: 'closing'; readonly attempt: Attempt; readonly timer: Timer }
  | { readonly kind: 'closed' };

/** The bounds of a connection. */
export const bounds = {
  /** The longest that `close` waits; sockets give up on the other side before that. */
  closeMs: 3_000,
  /** A server that stops may spread its clients over this long; more would be a mistake. */
  goodbyeMs: 60_000,
  /**
   * How long a connection that is of use has to be up before it ends the backoff. A server that welcomes,
   * serves and dies, again and again, would otherwise be asked for everything several times a second.
   */
  lastingMs: 5_000,
  /** A reason may quote what a function of the user threw. */
  reasonLength: 200,
} as const;

/** The error that the connection was closed with, where the next one will be, too. */
export function finalErrorOf(closeCode: number): ErrorCode | undefined {
  const known = errorOfClose(closeCode);
  return known && errorKind(known).retry === 'never' ? known : undefined;
}
