import type { OperatorView } from './http/operator-routes.ts';
import { Router } from './http/router.ts';
import { routesOf } from './http/routes.ts';
import type { Log } from './log.ts';
import type { Serving } from './serving.ts';
import type { Exchange } from './transport/exchange.ts';
import { answerPlainly } from './transport/http.ts';

export interface AnsweringParts {
  readonly serving: Pick<Serving, 'http'>;
  readonly view: OperatorView;
  /** Everybody is asked who they are. */
  readonly isGuarded: boolean;
  readonly log: Log;
}

/** Answers every request of HTTP, by its route. */
export function answering({
  serving,
  view,
  isGuarded,
  log,
}: AnsweringParts): (exchange: Exchange) => void {
  const routes = routesOf(view, isGuarded);
  const service = () => serving.http;
  const router = new Router({ routes, service, plainly: answerPlainly, log });
  return (exchange) => router.answer(exchange);
}
