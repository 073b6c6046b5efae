import { actorOf } from '../api/auditing.ts';
import type { ApiContext, ApiSink } from '../api/context.ts';
import type { AuditActor } from '../audit/events.ts';
import { type Principal, without } from '../auth/principal.ts';
import type { HttpService } from './http-service.ts';

/** A request of HTTP has no watches, so nothing is ever sent this way. */
const NO_FRAMES = {
  transport: 'http',
  bufferedBytes: 0,
  writable: false,
  send: () => {},
} as const;

/** What one request of HTTP is done with. */
export class HttpContext implements ApiContext {
  readonly service: HttpService;
  readonly sink: ApiSink;
  readonly actor: AuditActor;
  readonly client = undefined;
  readonly watches = new Map<string, never>();
  readonly reports = new Map<string, never>();
  readonly applied = undefined;
  readonly #known: Principal;

  constructor(known: Principal, sink: Pick<ApiSink, 'id' | 'address'>, service: HttpService) {
    this.service = service;
    this.#known = known;
    this.sink = {
      ...sink,
      openedAtMs: service.uptimeMs(),
      isOpen: true,
      frames: NO_FRAMES,
      advanced: () => {},
      fail: () => {},
    };
    this.actor = actorOf({ principal: known, sink: this.sink, client: undefined });
  }

  /** By the policy that holds each time it is asked: what waits is judged by the rights of then (W11). */
  get principal(): Principal {
    const known = this.#known;
    // safeguard: waiting-request-loses-its-rights
    return (
      this.service.auth.authority.refreshed(known) ??
      without(known, 'the token is not good any more')
    );
  }

  /** No request of HTTP brings another token: each has its own. */
  adopt(): void {}
}
