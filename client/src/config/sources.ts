import { CollisionError, type Entry } from '@confer/shared';
import type { ConfigSource, Explanation } from './api.ts';
import type { ConfigTree } from './config-tree.ts';
import { merged, valueAt } from './immutable.ts';

/** Of an entry, what is told of it. */
type LayerEntry = Pick<Entry, 'path' | 'value' | 'modRevision'>;

/** One source of values, as it is now. The keys are below the path that the configuration is of. */
export interface Layer {
  readonly source: ConfigSource;
  /** The subtree, or the file. */
  readonly at: string | undefined;
  readonly data: unknown;
  /** Of the entry at a chain of keys, where the source has entries. */
  readonly entryAt: (keys: readonly string[]) => LayerEntry | undefined;
}

/** A subtree as it was when its `data` was taken. */
export function subtreeLayer(
  source: 'server' | 'snapshot',
  tree: ConfigTree,
  data: unknown,
): Layer {
  return { source, at: tree.path, data, entryAt: (keys) => tree.entryAt(keys) };
}

export function dataLayer(
  source: 'override' | 'bootstrap' | 'defaults',
  data: unknown,
  at?: string,
): Layer {
  return { source, at, data, entryAt: () => undefined };
}

/** What all of them make together, the last one winning, frozen. */
export function assembled(layers: readonly Layer[]): unknown {
  return (
    layers.reduce<unknown>((below, { data }) => merged(below, data), undefined) ?? Object.freeze({})
  );
}

/** Two paths that stand for one key: nobody could say which one holds. */
export function collisionOf(error: unknown): string | undefined {
  return error instanceof CollisionError ? error.message : undefined;
}

/** Who says something about a key, the winner first. */
export function explain(
  layers: readonly Layer[],
  keys: readonly string[],
): Pick<Explanation, 'from'> {
  const saying = [...layers].reverse().flatMap((layer) => {
    const value = valueAt(layer.data, keys);
    if (value === undefined) return [];
    const { source, at } = layer;
    return [{ source, at, value, revision: layer.entryAt(keys)?.modRevision }];
  });
  return { from: saying };
}

/** The entry that a value came from: of the topmost source that has one there, or above it. */
export function entryOf(layers: readonly Layer[], keys: readonly string[]): LayerEntry | undefined {
  for (let length = keys.length; length >= 0; length--)
    for (const layer of [...layers].reverse()) {
      const entry = layer.entryAt(keys.slice(0, length));
      if (entry !== undefined) return entry;
    }
  return undefined;
}

/**
 * The keys that a person means by `pool.max`. A key may have dots in it (`server.port` is one segment of a path), so
 * each way to read the text is tried, and the first one that leads to something is it.
 */
export function keysOf(layers: readonly Layer[], text: string): readonly string[] {
  const parts = text === '' ? [] : text.split('.');
  const isThere = (keys: readonly string[]) =>
    layers.some(({ data }) => valueAt(data, keys) !== undefined);
  const find = (
    keys: readonly string[],
    rest: readonly string[],
  ): readonly string[] | undefined => {
    if (rest.length === 0) return keys;
    for (let length = 1; length <= rest.length; length++) {
      const longer = [...keys, rest.slice(0, length).join('.')];
      const found = isThere(longer) ? find(longer, rest.slice(length)) : undefined;
      if (found !== undefined) return found;
    }
    return undefined;
  };
  return find([], parts) ?? parts;
}
