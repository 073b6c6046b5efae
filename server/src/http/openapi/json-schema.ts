/** JSON Schema, as OpenAPI 3.1 has it. */
export type JsonSchema = { readonly [key: string]: unknown };

/** The rules of a schema of messages that say more than its type, as JSON Schema has them for numbers, texts and lists. */
const BOUNDS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  min_value: { number: 'minimum' },
  min_length: { string: 'minLength', array: 'minItems' },
  max_length: { string: 'maxLength', array: 'maxItems' },
  max_entries: { record: 'maxProperties' },
};

/**
 * What the schema of a message says, as JSON Schema. Both are one truth: what messages are held against is what stands
 * in the document. Fields that a schema does not name may be there, as peers of a later version may send some.
 */
export function jsonSchemaOf(schema: unknown): JsonSchema {
  const { type } = partsOf(schema);
  if (Array.isArray(partsOf(schema).pipe)) return bounded(partsOf(schema).pipe);
  switch (type) {
    case 'string':
    case 'number':
    case 'boolean':
      return { type };
    case 'anything':
      return {};
    case 'literal':
      return { const: partsOf(schema).literal };
    case 'picklist':
      return { enum: partsOf(schema).options };
    case 'nullable':
      return { anyOf: [jsonSchemaOf(partsOf(schema).wrapped), { type: 'null' }] };
    case 'exact_optional':
      return jsonSchemaOf(partsOf(schema).wrapped);
    case 'array':
      return { type: 'array', items: jsonSchemaOf(partsOf(schema).item) };
    case 'record':
      return { type: 'object', additionalProperties: jsonSchemaOf(partsOf(schema).value) };
    case 'object':
      return objectOf(partsOf(schema).entries);
    case 'variant':
    case 'one_of_fields':
      return { oneOf: listOf(partsOf(schema).options).map(jsonSchemaOf) };
    default:
      throw new Error(`there is no JSON Schema for ${String(type)}`);
  }
}

/** The same of a message, without the fields that only a WebSocket needs. */
export function messageSchemaOf(message: unknown, without: readonly string[]): JsonSchema {
  const entries = Object.entries(partsOf(partsOf(message).entries));
  return objectOf(Object.fromEntries(entries.filter(([name]) => !without.includes(name))));
}

/** A field of a message, or of what is in it. */
export function fieldOf(schema: unknown, name: string): unknown {
  return partsOf(partsOf(schema).entries)[name];
}

function objectOf(fields: unknown): JsonSchema {
  const entries = Object.entries(partsOf(fields));
  const required = entries.flatMap(([name, field]) =>
    partsOf(field).type === 'exact_optional' ? [] : [name],
  );
  return {
    type: 'object',
    properties: Object.fromEntries(entries.map(([name, field]) => [name, jsonSchemaOf(field)])),
    ...(required.length === 0 ? {} : { required }),
  };
}

function bounded(pipe: unknown): JsonSchema {
  const [schema, ...rules] = listOf(pipe);
  const base = jsonSchemaOf(schema);
  const type = String(partsOf(schema).type);
  const bounds = rules.map((rule) => {
    const { type: kind, requirement } = partsOf(rule);
    if (kind === 'safe_integer') return { type: 'integer' };
    const name = BOUNDS[String(kind)]?.[type];
    return name === undefined ? {} : { [name]: requirement };
  });
  return Object.assign({}, base, ...bounds);
}

function partsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
    ? Object.fromEntries(Object.entries(value))
    : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
