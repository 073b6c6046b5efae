import { commitRoutes } from './commit.ts';
import { historyRoutes } from './history.ts';
import { identityRoutes } from './identity.ts';
import { kvRoutes } from './kv.ts';
import { listRoutes } from './list.ts';
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
