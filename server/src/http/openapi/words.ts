import type { JsonSchema } from './json-schema.ts';

/** What a parameter is, of an address or of a header. */
interface ParameterWords {
  readonly description: string;
  readonly schema: JsonSchema;
}

/** What a route is for, and what it takes and gives. */
export interface RouteWords {
  readonly summary: string;
  readonly description?: string;
  /** Of those in `HEADERS`. */
  readonly headers?: readonly string[];
  /** Media types, each with the name of a schema; nothing for one stands for text. */
  readonly body?: Content;
  readonly answers: Readonly<Record<string, { readonly is: string; readonly content?: Content }>>;
}

export type Content = Readonly<Record<string, string | null>>;

const revision = { type: 'integer', minimum: 0 };
const flag = { type: 'boolean' };
const text = { type: 'string' };

/** Parameters after the question mark, by their name. */
export const PARAMETERS: Readonly<Record<string, ParameterWords>> = {
  at: { description: 'The revision to read at; without it, now.', schema: revision },
  stale: {
    description: 'What the server has, which may be old where it shares its store with others.',
    schema: flag,
  },
  note: { description: 'Why, for whoever reads the history.', schema: text },
  recursive: { description: 'With everything below the path.', schema: flag },
  depth: { description: 'Levels below the path; without it, all.', schema: revision },
  values: { description: 'Whether values are shown, too.', schema: flag },
  limit: {
    description: 'Items at most; a server may send fewer.',
    schema: { type: 'integer', minimum: 1 },
  },
  after: {
    description:
      'Where to go on: the `next` of the page before, or the position of what was read before, as `Confer-Position` has it.',
    schema: text,
  },
  wait: {
    description:
      'How long to wait for the first commit after the position `after`, up to ten minutes: `500ms`, `60s`, `10m`.',
    schema: { type: 'string', pattern: '^[0-9]{1,6}(ms|s|m)?$' },
  },
  mode: {
    description: '`state`: what is there, kept up to date. `events`: every change from now on.',
    schema: { enum: ['state', 'events'] },
  },
  verbose: { description: 'Each check by itself, for those who may operate.', schema: flag },
  prev: { description: 'Whether each change brings what was there before.', schema: flag },
};

/** Headers of requests. */
export const HEADERS: Readonly<Record<string, ParameterWords>> = {
  'If-Match': {
    description:
      'The ETag that the entry must have (to read, one of several), or `*`: there must be one. Else 412.',
    schema: text,
  },
  'If-None-Match': {
    description:
      'To read: the ETags that the asker has. To write: `*`, there must be nothing. Else 412.',
    schema: text,
  },
  'Idempotency-Key': {
    description: 'The same for every try of one write, which is then done once.',
    schema: { type: 'string', minLength: 1, maxLength: 64, pattern: '^[!-~]+$' },
  },
  traceparent: {
    description: 'The span that the write is a part of, as the W3C has it.',
    schema: text,
  },
  'Last-Event-ID': {
    description: 'The last id that was seen: the watch goes on there.',
    schema: text,
  },
};

const JSON_OF = (name: string): Content => ({ 'application/json': name });
const WRITTEN = { 200: { is: 'It is written.', content: JSON_OF('Committed') } };
const WAITED = {
  is: 'Nothing else is there than the asker has, or nothing came in the time that it waited.',
};

/** Each route by its method and pattern: one without words cannot be described, and a test finds it. */
export const ROUTE_WORDS: Readonly<Record<string, RouteWords>> = {
  'GET /v1/kv/*': {
    summary: 'Read an entry',
    description: 'The value as it is, or, where JSON is liked better, the entry.',
    headers: ['If-Match', 'If-None-Match'],
    answers: {
      200: { is: 'The value.', content: { 'text/plain': null, 'application/json': 'Entry' } },
      304: WAITED,
    },
  },
  'PUT /v1/kv/*': {
    summary: 'Write an entry',
    description: 'The body is the value, to the last byte, whatever media type it is said to be.',
    headers: ['If-Match', 'If-None-Match', 'Idempotency-Key', 'traceparent'],
    body: { 'text/plain': null, '*/*': null },
    answers: WRITTEN,
  },
  'DELETE /v1/kv/*': {
    summary: 'Remove an entry, or a subtree',
    headers: ['If-Match', 'Idempotency-Key', 'traceparent'],
    answers: WRITTEN,
  },
  'GET /v1/list/*': {
    summary: 'Read a subtree',
    description:
      'A page, which goes on at `next` with `at`; or, as `application/x-ndjson`, all of it at one revision, an entry on each line. A stream that cannot go on is cut off.',
    answers: {
      200: {
        is: 'The entries.',
        content: { 'application/json': 'Page', 'application/x-ndjson': null },
      },
      304: WAITED,
    },
  },
  'POST /v1/commit': {
    summary: 'Write many entries as one commit, under conditions',
    headers: ['Idempotency-Key', 'traceparent'],
    body: JSON_OF('Commit'),
    answers: WRITTEN,
  },
  'GET /v1/history/*': {
    summary: 'Read what an entry was',
    answers: { 200: { is: 'Its versions, the newest first.', content: JSON_OF('Log') } },
  },
  'GET /v1/log/*': {
    summary: 'Read which commits touched a subtree',
    answers: { 200: { is: 'The commits, the newest first.', content: JSON_OF('Log') } },
  },
  'GET /v1/watch/*': {
    summary: 'Watch a subtree',
    description:
      'Server-sent events: each is a message of the WebSocket, named by its type. Those with an id are where a watch can go on.',
    headers: ['Last-Event-ID'],
    answers: { 200: { is: 'The events.', content: { 'text/event-stream': null } } },
  },
  'GET /v1/whoami': {
    summary: 'Ask who one is to the server',
    answers: { 200: { is: 'The principal and its rights.', content: JSON_OF('Identity') } },
  },
  'GET /v1/status': {
    summary: 'Ask how the server is',
    description: 'Its figures are for those who may operate it.',
    answers: { 200: { is: 'How it is.', content: JSON_OF('Status') } },
  },
  'GET /livez': {
    summary: 'Ask whether the server lives',
    answers: { 200: { is: 'It does.', content: { 'text/plain': null } }, 503: { is: 'It hangs.' } },
  },
  'GET /readyz': {
    summary: 'Ask whether clients belong here',
    answers: {
      200: { is: 'They do.', content: { 'text/plain': null } },
      503: { is: 'They belong elsewhere.' },
    },
  },
  'GET /metrics': {
    summary: 'Read how the server is in numbers',
    description: 'In the text format of Prometheus. It needs the right to operate.',
    answers: { 200: { is: 'The page.', content: { 'text/plain': null } } },
  },
  'GET /v1/openapi.json': {
    summary: 'Read this document',
    answers: { 200: { is: 'This document.', content: { 'application/json': null } } },
  },
};
