/** The names of all fields that a schema knows, at any depth. */
export function fieldNames(schema: unknown, names = new Set<string>()): ReadonlySet<string> {
  if (typeof schema !== 'object' || schema === null) return names;
  if ('entries' in schema && typeof schema.entries === 'object' && schema.entries !== null)
    for (const [name, field] of Object.entries(schema.entries)) {
      names.add(name);
      fieldNames(field, names);
    }
  for (const part of ['options', 'pipe', 'item', 'wrapped', 'value'])
    for (const inner of [Reflect.get(schema, part)].flat()) fieldNames(inner, names);
  return names;
}
