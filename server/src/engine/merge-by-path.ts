import { comparePaths } from '@confer/shared';

/** Two runs in the order of the tree as one. Of a path that is in both, that of the first counts. */
export function* mergeByPath<Item extends { readonly path: string }>(
  first: Iterable<Item>,
  second: Iterable<Item>,
): Generator<Item, void, void> {
  const others = second[Symbol.iterator]();
  try {
    let other = others.next();
    for (const one of first) {
      for (; other.done !== true; other = others.next()) {
        const order = comparePaths(other.value.path, one.path);
        if (order > 0) break;
        if (order < 0) yield other.value;
      }
      yield one;
    }
    for (; other.done !== true; other = others.next()) yield other.value;
  } finally {
    others.return?.();
  }
}
