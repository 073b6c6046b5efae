import type { Client } from '../api.ts';
import { type ClientContext, contextOf } from '../watch/context.ts';

/** What is built on leases works with: a client, its inner parts, and a clock that nobody sets. */
export interface Parts {
  readonly client: Client;
  readonly context: ClientContext;
  readonly uptimeMs: () => number;
}

/** @throws {ConferError} `invalid_argument`, for a client that `connect` has not made. */
export function partsOf(client: Client, uptimeMs: () => number): Parts {
  return { client, context: contextOf(client), uptimeMs };
}
