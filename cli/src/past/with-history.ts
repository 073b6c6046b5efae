import type { Client } from '@confer/client';
import type { History } from '@confer/client/history';
import { withClient } from '../connection.ts';
import type { Context } from '../context.ts';

/** Runs one command about the past of what a server holds. */
export async function withHistory<Result>(
  context: Context,
  use: (history: History, client: Client) => Promise<Result>,
): Promise<Result> {
  const { historyOf } = await import('@confer/client/history');
  return withClient(context, (client) => use(historyOf(client), client));
}
