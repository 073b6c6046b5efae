import { identityRoutes } from './identity.ts';
import { kvRoutes } from './kv.ts';
import type { Route } from './route.ts';

/** All that HTTP offers of the store, over the same requests as the WebSocket. */
export const storeRoutes: readonly Route[] = [...kvRoutes, ...identityRoutes];
