import {
  checkSubtree,
  comparePaths,
  type Entry,
  isShownIn,
  type Listed,
  type ListRequest,
  limits,
  ROOT,
  segmentsOf,
} from '@confer/shared';
import type { MemoryStore } from './memory-store.ts';

/** What a list names at one path. */
interface Item {
  entry: Entry | undefined;
  isFolder: boolean;
}

/** One page of a subtree, as of `at` or of now. */
export function listed(request: ListRequest, store: MemoryStore): Listed {
  const { id, path, depth, values = true, at, after, limit = limits.pageItemsMax } = request;
  checkSubtree(path);
  const revision = at ?? store.revision;
  const items = [...itemsOf(store.entriesAt(revision).values(), path, depth)]
    .filter(([itemPath]) => after === undefined || comparePaths(itemPath, after) > 0)
    .sort(([a], [b]) => comparePaths(a, b));
  const page = items.slice(0, Math.min(limit, limits.pageItemsMax));
  const [last] = page.at(-1) ?? [];
  return {
    type: 'listed',
    id,
    revision,
    entries: page.flatMap(([, { entry }]) => (entry === undefined ? [] : [shown(entry, values)])),
    folders: page.flatMap(([itemPath, { isFolder }]) => (isFolder ? [itemPath] : [])),
    ...(page.length < items.length && last !== undefined && { next: last }),
  };
}

function itemsOf(
  entries: Iterable<Entry>,
  subtree: string,
  depth: number | undefined,
): ReadonlyMap<string, Item> {
  const items = new Map<string, Item>();
  const itemAt = (path: string) => {
    const item = items.get(path) ?? { entry: undefined, isFolder: false };
    items.set(path, item);
    return item;
  };
  const top = segmentsOf(subtree).length;
  for (const entry of entries) {
    if (!isShownIn(entry.path, subtree)) continue;
    const segments = segmentsOf(entry.path);
    if (depth === undefined || segments.length <= top + depth) itemAt(entry.path).entry = entry;
    else {
      const folder = segments.slice(0, top + depth).join('/');
      itemAt(folder === '' ? ROOT : `/${folder}`).isFolder = true;
    }
  }
  return items;
}

function shown({ value, ...meta }: Entry, withValue: boolean) {
  return withValue ? { ...meta, value } : meta;
}
