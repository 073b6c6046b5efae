import { type ErrorCode, errorKind, ProtocolError } from '@confer/shared';
import type { AuditActor } from '../audit/events.ts';
import { errorText } from '../log.ts';
import type { BadFrame } from '../transport/socket.ts';
import type { SessionService } from './service.ts';

/** A WebSocket close code: something unexpected (RFC 6455, 7.4.1). */
const NO_CODE_OF_ITS_OWN = 1011;

/** What a WebSocket is closed with. */
export function closeCodeOf(code: ErrorCode): number {
  return errorKind(code).closeCode ?? NO_CODE_OF_ITS_OWN;
}

/** A connection, for the log. */
export interface Ended {
  readonly session: string;
  readonly remote: string;
}

/** Notes that a connection ends. `reason` may say more than the other side is told. */
export function noteEnd(
  { log, counters }: SessionService,
  ended: Ended,
  code: ErrorCode,
  reason: string,
): void {
  const level = code === 'shutting_down' ? 'info' : 'warn';
  log(level, 'connection ended', { ...ended, code, reason });
  counters.count(`connectionsEnded.${code}`);
  if (code === 'bad_message' || code === 'frame_too_large') counters.count('framesRefused');
}

/** Notes that a frame came that no session could take. */
export function noteBadFrame({ counters }: SessionService, problem: BadFrame): void {
  counters.count('framesRefused');
  if (problem === 'too large') counters.count('connectionsEnded.frame_too_large');
}

/** Notes that the other side has gone, which is its right. */
export function noteGone({ log }: SessionService, gone: Ended): void {
  log('debug', 'connection closed', { ...gone });
}

/** Writes down that somebody came in. */
export function auditLogin({ auditing, log }: SessionService, who: AuditActor): void {
  const { session = '', client, principal = '' } = who;
  log('debug', 'connection opened', { session, principal, client: client?.name ?? '' });
  void auditing?.audit.record({ event: 'login', outcome: 'done', reason: `by ${who.kind}`, who });
}

/** Writes down that somebody did not. */
export function auditStranger(
  { auditing }: SessionService,
  from: { readonly address: string; readonly session: string },
  reason: string,
): void {
  const who = { kind: 'unknown', ...from } as const;
  void auditing?.audit.record({ event: 'loginFailed', outcome: 'denied', reason, who });
}

/** What the other side is told of a failure. Only what nobody expects is a bug, and has its place in the log. */
export function failureOf(
  error: unknown,
  session: string,
  { log }: SessionService,
): { readonly code: ErrorCode; readonly message: string } {
  if (error instanceof ProtocolError) return error;
  log('error', 'a connection failed', { session, error: errorText(error) });
  return { code: 'internal', message: 'a bug in the server; its log says more' };
}
