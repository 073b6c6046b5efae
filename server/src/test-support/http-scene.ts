import type { Route } from '../http/route.ts';
import { Router } from '../http/router.ts';
import { storeRoutes } from '../http/routes.ts';
import { answerPlainly } from '../transport/http.ts';
import { type Asked, MemoryExchange } from './memory-exchange.ts';
import type { Scene } from './scene.ts';

/** Requests of HTTP to a core, without any network. */
export interface HttpScene {
  /** Sends a request, and returns it once all that could be done for it is done. */
  ask(asked: Asked): Promise<MemoryExchange>;
  /** Sends one, and leaves it to the test what comes next. */
  begin(asked: Asked): MemoryExchange;
}

export function httpOf(
  { core, settle }: Pick<Scene, 'core' | 'settle'>,
  {
    routes = storeRoutes,
    isServing = () => true,
  }: {
    readonly routes?: readonly Route[];
    readonly isServing?: () => boolean;
  } = {},
): HttpScene {
  const service = () => (isServing() ? core.http : undefined);
  const router = new Router({
    ...{ routes, service, log: core.http.log },
    plainly: answerPlainly,
  });
  const begin = (asked: Asked) => {
    const exchange = new MemoryExchange(asked);
    router.answer(exchange);
    return exchange;
  };
  const ask = async (asked: Asked) => {
    const exchange = begin(asked);
    await settle();
    return exchange;
  };
  return { ask, begin };
}

/** The header with a token. */
export function bearer(token: string): Readonly<Record<string, string>> {
  return { authorization: `Bearer ${token}` };
}
