import type { Listing, ListOptions } from '@confer/client';
import { withClient } from '../connection.ts';
import type { Context } from '../context.ts';
import { momentArgument, revisionIn } from './moment.ts';
import { withHistory } from './with-history.ts';

/** A subtree as it is or, with `--at`, as it was. */
export function listingOf(
  context: Context,
  path: string,
  { at, query }: { readonly at: string | undefined; readonly query: ListOptions },
): Promise<Listing> {
  if (at === undefined) return withClient(context, (client) => client.list(path, query));
  const moment = momentArgument(context, at, '--at');
  return withHistory(context, async (history, client) =>
    client.list(path, { ...query, at: await revisionIn(context, history.log(path), moment) }),
  );
}
