import { limits, type Operation, ProtocolError } from '@confer/shared';
import { preferred } from './accept.ts';
import {
  emptyAnswer,
  type HttpAnswer,
  JSON_TYPE,
  jsonAnswer,
  TEXT,
  textAnswer,
} from './answers.ts';
import { HttpFailure, PRECONDITION_FAILED } from './failure.ts';
import { requireValueType } from './media-type.ts';
import { conditionOf, etagOf, isKnown, isWanted } from './preconditions.ts';
import { readHeaders } from './read-headers.ts';
import type { Call, KnownRoute } from './route.ts';
import { WAIT_PARAMETERS, waited } from './waiting/waiting.ts';
import { written } from './writes.ts';

const pattern = '/v1/kv/*';

/** One entry: read, written and removed by its path. */
export const kvRoutes: readonly KnownRoute[] = [
  {
    method: 'GET',
    pattern,
    query: ['at', 'stale', ...WAIT_PARAMETERS],
    access: 'known',
    handle: read,
  },
  { method: 'PUT', pattern, query: ['note'], access: 'known', handle: put },
  { method: 'DELETE', pattern, query: ['note', 'recursive'], access: 'known', handle: remove },
];

/** The value as it is, for scripts; with `Accept: application/json`, the entry. */
async function read(call: Call): Promise<HttpAnswer> {
  // safeguard: entry-goes-on-nowhere
  if (call.query.text('after') !== undefined && call.query.text('wait') === undefined)
    throw new ProtocolError('invalid_message', 'after goes with wait: an entry has one page');
  const idle = await waited(call, 'entry');
  if (idle !== undefined) return idle;
  const { path, query, exchange, service } = call;
  const [at, stale] = [query.count('at'), query.flag('stale')];
  const got = await call.ask(
    {
      ...{ type: 'get', id: 0, path },
      ...(at === undefined ? {} : { at }),
      ...(stale === undefined ? {} : { stale }),
    },
    'got',
  );
  const headers = { vary: 'accept', ...readHeaders(got.revision, service) };
  if (got.entry === null) throw nothingThere(path, headers);
  const { modRevision, value } = got.entry;
  const tagged = { etag: etagOf(modRevision), ...headers };
  // Before what a reader has counts what he wants (RFC 9110, 13.2.2).
  // safeguard: reader-gets-what-he-asks-for
  if (!isWanted(exchange.head, modRevision)) throw anotherThere(path, modRevision, tagged);
  if (isKnown(exchange.head, modRevision)) return emptyAnswer(304, tagged);
  const type = preferred(exchange.head, [TEXT, JSON_TYPE]);
  return type === TEXT ? textAnswer(value, tagged) : jsonAnswer(got.entry, tagged);
}

function nothingThere(path: string, headers: Readonly<Record<string, string>>): HttpFailure {
  const message = `there is nothing at ${path}`;
  return new HttpFailure({ code: 'not_found', message, path }, headers);
}

function anotherThere(
  path: string,
  modRevision: number,
  headers: Readonly<Record<string, string>>,
) {
  const message = `${path} is at revision ${modRevision}, which If-Match does not name`;
  return new HttpFailure({ code: 'conflict', message, path }, headers, PRECONDITION_FAILED);
}

/** The body is the value, to the last byte. */
async function put(call: Call): Promise<HttpAnswer> {
  requireValueType(call.exchange.head);
  const value = await call.readBody(limits.valueBytesMax, (text) => text);
  return write(call, { type: 'put', path: call.path, value });
}

async function remove(call: Call): Promise<HttpAnswer> {
  const recursive = call.query.flag('recursive') ?? false;
  // safeguard: subtree-has-no-etag
  if (recursive && call.exchange.head.headers.has('if-match'))
    throw new ProtocolError('invalid_message', WITHOUT_MATCH);
  return write(call, { type: 'delete', path: call.path, ...(recursive ? { recursive } : {}) });
}

const WITHOUT_MATCH =
  'an ETag is that of one entry, not of a subtree: POST /v1/commit takes the condition unchangedSince';

async function write(call: Call, operation: Operation): Promise<HttpAnswer> {
  const { path, query, exchange } = call;
  const note = query.text('note');
  const condition = conditionOf(exchange.head, path);
  const answer = await written(call, {
    operations: [operation],
    ...(condition === undefined ? {} : { conditions: [condition] }),
    ...(note === undefined ? {} : { note }),
  });
  const etag = operation.type === 'put' ? { etag: etagOf(answer.revision) } : {};
  return jsonAnswer(answer, { ...etag, ...readHeaders(answer.revision, call.service) });
}
