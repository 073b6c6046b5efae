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

/** Where the other side of a session is. */
export interface Whereabouts {
  readonly session: string;
  readonly isOneRequest: boolean;
  /** With its port, for the log. */
  readonly remote: string;
  readonly address: string;
}

/** What a session tells the log, the counters and the audit of its beginning and its end. */
export class SessionNotes {
  readonly #service: SessionService;
  readonly #where: Whereabouts;

  constructor(service: SessionService, where: Whereabouts) {
    this.#service = service;
    this.#where = where;
  }

  /** That it ends. `reason` may say more than the other side is told. */
  end(code: ErrorCode, reason: string): void {
    const { log, counters } = this.#service;
    const level = code === 'shutting_down' ? 'info' : 'warn';
    log(level, 'connection ended', { ...this.#named, code, reason });
    counters.count(`connectionsEnded.${code}`);
    if (code === 'bad_message' || code === 'frame_too_large') counters.count('framesRefused');
  }

  /** That a frame came that no session could take. */
  badFrame(problem: BadFrame): void {
    const { counters } = this.#service;
    counters.count('framesRefused');
    if (problem === 'too large') counters.count('connectionsEnded.frame_too_large');
  }

  /** That the other side has gone, which is its right. */
  gone(): void {
    this.#service.log('debug', 'connection closed', this.#named);
  }

  /** That somebody came in. Of those who ask for one thing after the other the audit would be full. */
  login(who: AuditActor): void {
    const { auditing, log } = this.#service;
    const { session = '', client, principal = '' } = who;
    log('debug', 'connection opened', { session, principal, client: client?.name ?? '' });
    // safeguard: requests-leave-no-logins
    if (this.#where.isOneRequest) return;
    void auditing?.audit.record({ event: 'login', outcome: 'done', reason: `by ${who.kind}`, who });
  }

  /** That somebody did not. */
  stranger(reason: string): void {
    const { session, address } = this.#where;
    const who = { kind: 'unknown', address, session } as const;
    const { auditing } = this.#service;
    void auditing?.audit.record({ event: 'loginFailed', outcome: 'denied', reason, who });
  }

  /** What the other side is told of a failure. Only what nobody expects is a bug, and has its place in the log. */
  failure(error: unknown): { readonly code: ErrorCode; readonly message: string } {
    if (error instanceof ProtocolError) return error;
    const { session } = this.#where;
    this.#service.log('error', 'a connection failed', { session, error: errorText(error) });
    return { code: 'internal', message: 'a bug in the server; its log says more' };
  }

  get #named() {
    const { session, remote } = this.#where;
    return { session, remote };
  }
}
