import { ENDPOINT, ProtocolError, type Reply, type Request, ROOT } from '@confer/shared';
import type { ApiContext } from '../api/context.ts';
import type { Principal } from '../auth/principal.ts';
import { errorText, type Log } from '../log.ts';
import type { Exchange } from '../transport/exchange.ts';
import { emptyAnswer, failureAnswer, type HttpAnswer, internalAnswer } from './answers.ts';
import { answered, expectReply } from './asking.ts';
import { readBody } from './body.ts';
import { callerOf, saysWho } from './caller.ts';
import { failureOf, HttpFailure } from './failure.ts';
import { Gone } from './gone.ts';
import { HttpContext } from './http-context.ts';
import type { HttpService } from './http-service.ts';
import { BY_ITSELF, type Call, type KnownRoute, type Route, type Visit } from './route.ts';
import { type Found, RouteTable } from './route-table.ts';
import { pathOfTarget, Query } from './target.ts';

export interface RouterOptions {
  readonly routes: readonly Route[];
  /** What serves now; undefined while nothing does, as between two histories and before the end. */
  readonly service: () => HttpService | undefined;
  /** Says what speaks at the root, and where WebSockets do. */
  readonly plainly: (exchange: Exchange) => void;
  readonly log: Log;
}

/** Answers the requests of HTTP, each by its route. */
export class Router {
  readonly #table: RouteTable;
  readonly #service: RouterOptions['service'];
  readonly #plainly: RouterOptions['plainly'];
  readonly #log: Log;

  constructor({ routes, service, plainly, log }: RouterOptions) {
    this.#table = new RouteTable(routes);
    this.#service = service;
    this.#plainly = plainly;
    this.#log = log;
  }

  /** Whatever becomes of it, it is answered. */
  answer(exchange: Exchange): void {
    const { path } = exchange.head;
    if (path === ROOT || path === ENDPOINT) {
      this.#plainly(exchange);
      return;
    }
    this.#given(exchange).then(
      (given) => {
        if (given !== BY_ITSELF) say(exchange, given);
      },
      (error: unknown) => this.#fail(exchange, error),
    );
  }

  async #given(exchange: Exchange): Promise<HttpAnswer | typeof BY_ITSELF> {
    const { method, path } = exchange.head;
    const found = this.#table.find(path);
    if (found === undefined) throw notFound();
    if (method === 'OPTIONS') return emptyAnswer(204, { allow: found.allow });
    const route = found.routes.get(method === 'HEAD' ? 'GET' : method);
    if (route === undefined) throw notAllowed(found);
    const visitor = new Visitor(exchange, found, this.#service);
    if (route.access === 'anybody') return route.handle(visitor.visit(route));
    return visitor.call(route);
  }

  #fail(exchange: Exchange, error: unknown): void {
    if (error instanceof Gone) return;
    const failure = failureOf(error);
    if (failure === undefined)
      this.#log('error', 'a request failed unexpectedly', { error: errorText(error) });
    say(exchange, failure === undefined ? internalAnswer : failureAnswer(failure));
  }
}

function say(exchange: Exchange, { body, ...head }: HttpAnswer): void {
  exchange.answer(head, body);
}

/** One request, on its way to its route. */
class Visitor {
  readonly #exchange: Exchange;
  readonly #found: Found;
  readonly #service: RouterOptions['service'];
  readonly #whenGone: (() => void)[] = [];
  #isGone = false;

  constructor(exchange: Exchange, found: Found, service: RouterOptions['service']) {
    this.#exchange = exchange;
    this.#found = found;
    this.#service = service;
    exchange.onGone(() => {
      this.#isGone = true;
      for (const told of this.#whenGone) told();
    });
  }

  visit({ query }: Pick<Route, 'query'>): Visit {
    const { head } = this.#exchange;
    const service = this.#service();
    return {
      exchange: this.#exchange,
      isHead: head.method === 'HEAD',
      path: pathOfTarget(this.#found.rest),
      query: new Query(head.query, query),
      onGone: (told) => this.#tell(told),
      who: async () => {
        if (service === undefined) return undefined;
        if (service.auth.authority.isOn && !saysWho(this.#exchange)) return undefined;
        return callerOf(this.#exchange, nameOf(service), service);
      },
    };
  }

  /** Whoever asks is looked at first: strangers learn nothing of what else would be wrong. */
  async call(route: KnownRoute): Promise<HttpAnswer | typeof BY_ITSELF> {
    const service = this.#service();
    if (service === undefined)
      throw new ProtocolError('shutting_down', 'the server opens another history, or is stopping');
    const end = service.underway.begin();
    try {
      const turn = this.#turnOf(service);
      if (turn !== undefined) await turn;
      const id = nameOf(service);
      const principal = await callerOf(this.#exchange, id, service);
      return await route.handle(this.#callOf(route, principal, id, service));
    } finally {
      end();
    }
  }

  /** A body is read as it comes, so what has one is begun at once. */
  #turnOf({ underway: { arrivals } }: HttpService): Promise<void> | undefined {
    const { method } = this.#exchange.head;
    return method === 'GET' || method === 'HEAD' ? arrivals.turn() : undefined;
  }

  #callOf(route: KnownRoute, principal: Principal, id: string, service: HttpService): Call {
    const { address } = this.#exchange.peer;
    const context: ApiContext = new HttpContext(principal, { id, address }, service);
    const isGone = () => this.#isGone;
    return {
      ...this.visit(route),
      service,
      context,
      who: async () => principal,
      ask: async <Type extends Reply['type']>(request: Request, type: Type) =>
        expectReply(await answered(request, context, service, isGone), type, service),
      readBody: (bytesMax, of) =>
        readBody(this.#exchange, { bytesMax, of, onGone: (told) => this.#tell(told) }, service),
    };
  }

  #tell(told: () => void): void {
    if (this.#isGone) told();
    else this.#whenGone.push(told);
  }
}

/** The name of a request, where the audit and the log have that of a connection. */
function nameOf({ runtime }: HttpService): string {
  return `h-${runtime.newId()}`;
}

function notFound(): HttpFailure {
  const message = 'there is nothing at this address; /v1/openapi.json lists what there is';
  return new HttpFailure({ code: 'not_found', message });
}

function notAllowed({ allow }: Found): HttpFailure {
  const message = `this address takes ${allow}`;
  return new HttpFailure({ code: 'method_not_allowed', message }, { allow });
}
