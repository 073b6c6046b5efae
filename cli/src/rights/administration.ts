import type { Administration } from '@confer/client/admin';
import { withClient } from '../connection.ts';
import type { Context } from '../context.ts';

/** Runs one command about who may do what against the server. */
export async function withAdministration<Result>(
  context: Context,
  use: (administration: Administration) => Promise<Result>,
): Promise<Result> {
  const { administrationOf } = await import('@confer/client/admin');
  return withClient(context, (client) => use(administrationOf(client)));
}
