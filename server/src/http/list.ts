import { type Listed, ProtocolError } from '@confer/shared';
import { preferred } from './accept.ts';
import { headOf, JSON_TYPE, jsonAnswer, NDJSON } from './answers.ts';
import { streamListing } from './listing-stream.ts';
import { countsOf, flagsOf } from './parameters.ts';
import { readHeaders } from './read-headers.ts';
import { BY_ITSELF, type Call, type Given, type KnownRoute } from './route.ts';
import { waited } from './waiting/waiting.ts';

const query = ['depth', 'values', 'at', 'after', 'limit', 'stale', 'wait'] as const;

/** A subtree, page by page or as a stream of lines. */
export const listRoutes: readonly KnownRoute[] = [
  { method: 'GET', pattern: '/v1/list/*', query, access: 'known', handle: list },
];

async function list(call: Call): Promise<Given> {
  const idle = await waited(call, 'subtree');
  if (idle !== undefined) return idle;
  const { exchange, service, isHead } = call;
  const isStream = preferred(exchange.head, [JSON_TYPE, NDJSON]) === NDJSON;
  if (isStream && call.query.text('limit') !== undefined)
    throw new ProtocolError(
      'invalid_message',
      'a stream of all lines has no limit: pages have one',
    );
  const first = await pageOf(call);
  const headers = { vary: 'accept', ...readHeaders(first.revision, service) };
  if (!isStream) {
    const { type: _, id: __, ...page } = first;
    return jsonAnswer(page, headers);
  }
  const head = headOf(200, NDJSON, headers);
  if (isHead) return head;
  const pageAfter = (after: string) => pageOf(call, { after, at: first.revision });
  await streamListing(call, { head, first, pageAfter });
  return BY_ITSELF;
}

function pageOf(
  { path, query, ask }: Call,
  goesOn: { readonly after?: string; readonly at?: number } = {},
): Promise<Listed> {
  // Of a read that waits, it is the position to wait after.
  const after = query.text('wait') === undefined ? query.text('after') : undefined;
  return ask(
    {
      ...{ type: 'list', id: 0, path },
      ...countsOf(query, ['depth', 'at', 'limit']),
      ...flagsOf(query, ['values', 'stale']),
      ...(after === undefined ? {} : { after }),
      ...goesOn,
    },
    'listed',
  );
}
