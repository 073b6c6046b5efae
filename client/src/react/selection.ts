import type { Config } from '../config/api.ts';

/**
 * What `select` makes of the object of a configuration. It is asked once for each object: a selector that makes a
 * new object each time would otherwise never come to an end.
 */
export function selectionOf<Value, Part>(
  config: Pick<Config<Value>, 'getSnapshot'>,
  select: (value: Value) => Part,
): () => Part | undefined {
  let last: { readonly value: Value; readonly part: Part } | undefined;
  return () => {
    const value = config.getSnapshot();
    if (value === undefined) return undefined;
    if (last === undefined || last.value !== value) last = { value, part: select(value) };
    return last.part;
  };
}
