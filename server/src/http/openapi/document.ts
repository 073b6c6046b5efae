import { PROTOCOL_VERSION } from '@confer/shared';
import type { Route } from '../route.ts';
import type { JsonSchema } from './json-schema.ts';
import { schemaRef, schemas } from './schemas.ts';
import { type Content, HEADERS, PARAMETERS, ROUTE_WORDS, type RouteWords } from './words.ts';

/** Of each answer that is not the one that was hoped for. */
const FAILURE = {
  description: 'An error: `code` is for programs, `message` for people.',
  content: { 'application/json': { schema: schemaRef('Error') } },
};

const STAR = '/*';

/** What HTTP offers, as an OpenAPI document: made of the routes that answer, and of the schemas of messages. */
export function openApiOf(routes: readonly Route[]): JsonSchema {
  const paths: Record<string, Record<string, JsonSchema>> = {};
  for (const route of routes) {
    const path = route.pattern.replace(/\*$/, '{path}');
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(route) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Confer',
      version: String(PROTOCOL_VERSION),
      description:
        'Configuration that every process follows. A path keeps its slashes in an address; what else is no letter or digit in it is percent-encoded, once.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    paths,
    components: {
      schemas,
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
    },
  };
}

function operationOf(route: Route): JsonSchema {
  const words = ROUTE_WORDS[`${route.method} ${route.pattern}`];
  if (words === undefined)
    throw new Error(`say in openapi/words.ts what ${route.method} ${route.pattern} is for`);
  const { summary, description, body } = words;
  return {
    operationId: nameOf(route),
    summary,
    ...(description === undefined ? {} : { description }),
    parameters: parametersOf(route, words),
    ...(body === undefined ? {} : { requestBody: { required: true, content: contentOf(body) } }),
    responses: responsesOf(words),
    // A server that asks nobody who he is takes all of them.
    security: route.access === 'anybody' ? [{}] : [{ token: [] }, {}],
  };
}

/** `GET /v1/kv/*` is `getKv`. */
function nameOf({ method, pattern }: Route): string {
  const words = pattern.split(/[^a-z]+/).filter((word) => word !== '' && word !== 'v');
  const capital = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);
  return method.toLowerCase() + words.map(capital).join('');
}

function parametersOf({ pattern, query }: Route, { headers = [] }: RouteWords): JsonSchema[] {
  const path = {
    ...{ name: 'path', in: 'path', required: true, schema: { type: 'string' } },
    description:
      'The path in the store, without its first slash. The other slashes stand as they are.',
  };
  return [
    ...(pattern.endsWith(STAR) ? [path] : []),
    ...query.map((name) => parameter('query', name, PARAMETERS)),
    ...headers.map((name) => parameter('header', name, HEADERS)),
  ];
}

function parameter(place: 'query' | 'header', name: string, known: typeof PARAMETERS): JsonSchema {
  const words = known[name];
  if (words === undefined) throw new Error(`say in openapi/words.ts what ${name} is`);
  return { name, in: place, ...words };
}

function responsesOf({ answers }: RouteWords): JsonSchema {
  const said = Object.entries(answers).map(([status, { is, content }]) => [
    status,
    { description: is, ...(content === undefined ? {} : { content: contentOf(content) }) },
  ]);
  return { ...Object.fromEntries(said), default: FAILURE };
}

function contentOf(content: Content): JsonSchema {
  const types = Object.entries(content).map(([type, name]) => [
    type,
    { schema: name === null ? { type: 'string' } : schemaRef(name) },
  ]);
  return Object.fromEntries(types);
}
