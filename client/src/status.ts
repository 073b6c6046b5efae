import type { ErrorCode } from '@confer/shared';
import type { ClientErrorCode } from './errors.ts';

/** What comes next after a failure. */
export interface RetryOutlook {
  /** When it is tried again, in ms since the Unix epoch. */
  readonly retryAt?: number;
  /** Which attempt in a row that will be, since a connection was last of use for a while. */
  readonly attempt?: number;
}

/**
 * The connection, as a union: `connecting` (an attempt runs), `open`, `waiting` (until the next
 * attempt), `closed`. `attempt` counts them in a row, since a connection was last of use for a while.
 *
 * `refused` is there where the last server sent this client away with one of the protocol's codes, or was not
 * spoken to because of a certificate (`tls_failed`): until somebody mends the token, the client or that server,
 * that will be so again. The client goes on trying,
 * ever later, with the next of its servers and a new token.
 */
export type ClientStatus =
  | { readonly kind: 'connecting'; readonly url: string; readonly attempt: number }
  | { readonly kind: 'open'; readonly url: string; readonly epoch: string }
  | ({
      readonly kind: 'waiting';
      readonly reason: string;
      readonly refused?: ErrorCode | ClientErrorCode;
    } & Required<RetryOutlook>)
  | { readonly kind: 'closed' };

/**
 * `syncing`: never had the whole subtree. `live`: shows what the server has, as of the last
 * heartbeat at worst. `stale`: shows the last good state; the link is down or the server is
 * bringing it up to date. `failed`: the server refused; the last good state stays. `closed`.
 */
export type MirrorStatus = 'syncing' | 'live' | 'stale' | 'failed' | 'closed';

/** `retryAt` is there while something that failed is waiting, `attempt` where that is the connection. */
export interface MirrorStatusChange extends RetryOutlook {
  readonly from: MirrorStatus;
  readonly to: MirrorStatus;
  readonly reason: string;
}

/** An outage has lasted for `timeouts.graceMs`. Told once; that it is over is a change of status. */
export interface LostEvent {
  /** In ms since the Unix epoch. */
  readonly since: number;
}
