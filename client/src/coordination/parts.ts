import type { Client } from '../api.ts';
import { type ClientContext, contextOf } from '../watch/context.ts';

/** What is built on leases works with: a client, and its inner parts. */
export interface Parts {
  readonly client: Client;
  readonly context: ClientContext;
}

/** @throws {ConferError} `invalid_argument`, for a client that `connect` has not made. */
export function partsOf(client: Client): Parts {
  return { client, context: contextOf(client) };
}
