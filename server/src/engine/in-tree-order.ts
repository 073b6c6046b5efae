import { compareCodePoints, comparePaths, orderKey } from '@confer/shared';
import type { CooperativeSteps, TimeSlice } from './cooperative-steps.ts';
import { OrderedMap } from './ordered-map.ts';

/** Sorting this many takes about a millisecond. */
const SORTED_AT_ONCE_MAX = 1_000;

/** In the order of the tree. Many are put into it one by one, so that others may come in between. */
export function* inTreeOrder<Item extends { readonly path: string }>(
  items: readonly Item[],
  pace: TimeSlice,
): CooperativeSteps<readonly Item[]> {
  if (items.length === 1) return items;
  if (items.length <= SORTED_AT_ONCE_MAX)
    return [...items].sort((a, b) => comparePaths(a.path, b.path));
  const ordered = new OrderedMap<string, Item>(undefined, compareCodePoints);
  for (const item of items) {
    ordered.set(orderKey(item.path), item);
    if (pace.isOver()) yield;
  }
  const all: Item[] = [];
  for (const item of ordered.values()) {
    all.push(item);
    if (pace.isOver()) yield;
  }
  return all;
}
