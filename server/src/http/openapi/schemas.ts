import { downMessage, upMessage } from '@confer/shared';
import { HTTP_CODES } from '../failure.ts';
import { fieldOf, type JsonSchema, jsonSchemaOf, messageSchemaOf } from './json-schema.ts';

/** Of replies: the number of the request, and the type, of which a route has one. */
const OF_THE_WEBSOCKET = ['type', 'id'];

const reply = (type: string) => messageSchemaOf(downMessage.byTag.get(type), OF_THE_WEBSOCKET);

const commit = messageSchemaOf(upMessage.byTag.get('commit'), [
  ...OF_THE_WEBSOCKET,
  ...['part', 'more'],
]);

/** What bodies are, by name. */
export const schemas: Readonly<Record<string, JsonSchema>> = {
  Entry: entryOf(),
  Page: reply('listed'),
  Log: reply('logged'),
  // A commit whose id is in the header, or that has none.
  Commit: { ...commit, required: ['operations'] },
  Committed: reply('committed'),
  Identity: reply('identity'),
  Status: reply('status'),
  Error: errorOf(),
};

/** What stands for a schema in the document. */
export function schemaRef(name: string): JsonSchema {
  if (!Object.hasOwn(schemas, name)) throw new Error(`there is no schema ${name}`);
  return { $ref: `#/components/schemas/${name}` };
}

function entryOf(): JsonSchema {
  const { anyOf } = jsonSchemaOf(fieldOf(downMessage.byTag.get('got'), 'entry'));
  return Array.isArray(anyOf) ? anyOf[0] : {};
}

/** The codes are listed, as programs go by them. */
function errorOf(): JsonSchema {
  const error = reply('error');
  const properties = Object.assign({}, error.properties, { code: { enum: HTTP_CODES } });
  return { ...error, properties };
}
