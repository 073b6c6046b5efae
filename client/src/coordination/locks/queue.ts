import type { EntryMeta } from '@confer/shared';
import { isChildOf } from '../names.ts';

/**
 * Those who wait below a subtree, first come first. An entry without a lease is nobody's: whoever it was of has lost
 * it, and it would block all others for ever.
 */
export function queueIn<Item extends EntryMeta>(
  folder: string,
  entries: readonly Item[],
): readonly Item[] {
  return entries
    .filter(({ path, lease }) => lease !== undefined && isChildOf(path, folder))
    .sort((a, b) => a.createRevision - b.createRevision);
}

/** Who is right before a place; `undefined` where nobody is. */
export function predecessorOf<Item extends EntryMeta>(
  queue: readonly Item[],
  revision: number,
): Item | undefined {
  // safeguard: lock-waits-for-its-predecessor
  return queue.findLast(({ createRevision }) => createRevision < revision);
}

/** Whether it is the same one still, and not another that has its path. */
export function isSameIn(entry: EntryMeta | undefined, other: EntryMeta): boolean {
  return entry?.createRevision === other.createRevision && entry.lease === other.lease;
}
