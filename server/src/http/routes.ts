import { commitRoutes } from './commit.ts';
import { historyRoutes } from './history.ts';
import { identityRoutes } from './identity.ts';
import { kvRoutes } from './kv.ts';
import { listRoutes } from './list.ts';
import { openApiRoute } from './openapi/route.ts';
import { type OperatorView, operatorRoutes } from './operator-routes.ts';
import type { Route } from './route.ts';
import { watchRoutes } from './sse/watch-route.ts';

/** All that HTTP offers of the store, over the same requests as the WebSocket. */
export const storeRoutes: readonly Route[] = [
  ...kvRoutes,
  ...listRoutes,
  ...commitRoutes,
  ...historyRoutes,
  ...watchRoutes(),
  ...identityRoutes,
];

/** All routes of a server, with the one that says what they are. `isGuarded`: everybody is asked who they are. */
export function routesOf(view: OperatorView, isGuarded: boolean): readonly Route[] {
  const routes = [...storeRoutes, ...operatorRoutes(view, isGuarded)];
  return [...routes, openApiRoute(routes)];
}
