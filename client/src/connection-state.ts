import { type Timer, unreachable, type Welcome } from '@confer/shared';
import type { ConferError } from './errors.ts';
import type { Silence } from './silence.ts';
import type { Socket } from './socket.ts';
import type { ClientStatus } from './status.ts';
import type { Endpoint } from './urls.ts';

/** One try to reach a server. Events of a socket count only while its attempt is the current one. */
export interface Attempt {
  readonly endpoint: Endpoint;
  /** Which one in a row it is since a connection was of use. */
  readonly number: number;
  /** When the server said to come back, once it has said goodbye. */
  goodbyeMs?: number;
}

/**
 * The way to the server, kept up by itself:
 *
 *   asking ──token──▶ connecting ──open──▶ greeting ──welcome──▶ open
 *     ▲ └───────────────────┴───────┬─────────┴────────────────────┘
 *     │                           lost                 (from anywhere)
 *     └───────timer────────────── waiting              refused for good ──▶ failed
 *                                                      close() ──▶ closing ──▶ closed
 *
 * A state holds the one timer that may be running in it.
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
      readonly timer: Silence;
      readonly socket: Socket;
      readonly welcome: Welcome;
    }
  | {
      readonly kind: 'waiting';
      readonly timer: Timer;
      readonly reason: string;
      readonly retryAt: number;
      readonly nextNumber: number;
    }
  | { readonly kind: 'failed'; readonly error: ConferError }
  | { readonly kind: 'closing'; readonly attempt: Attempt; readonly timer: Timer }
  | { readonly kind: 'closed' };

/** What the user is told: `last` itself where nothing has changed for the user. */
export function statusOf(state: State, last: ClientStatus): ClientStatus {
  switch (state.kind) {
    case 'idle':
      return last;
    case 'asking':
    case 'connecting':
    case 'greeting': {
      const { endpoint, number } = state.attempt;
      return last.kind === 'connecting' && last.url === endpoint.name
        ? last
        : { kind: 'connecting', url: endpoint.name, attempt: number };
    }
    case 'open':
      return { kind: 'open', url: state.attempt.endpoint.name, epoch: state.welcome.epoch };
    case 'waiting':
      return {
        kind: 'waiting',
        reason: state.reason,
        retryAt: state.retryAt,
        attempt: state.nextNumber,
      };
    case 'failed':
      return { kind: 'failed', error: state.error };
    case 'closing':
    case 'closed':
      return last.kind === 'closed' ? last : { kind: 'closed' };
    default:
      return unreachable(state);
  }
}

/** Why the connection is gone, once it is in this state. */
export function reasonOf(state: State): string {
  if (state.kind === 'waiting') return state.reason;
  return state.kind === 'failed' ? state.error.message : 'closed';
}
