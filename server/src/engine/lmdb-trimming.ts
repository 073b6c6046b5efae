import { trimmedCount } from './deletions-limit.ts';
import { deletionsRowOf, forgetDeletions } from './lmdb-deletions.ts';
import type { DeletionPlace } from './lmdb-layout.ts';
import type { Storage } from './lmdb-writes.ts';

/** Rows that one transaction forgets. */
const TRIM_STEP_ROWS = 250;

const FIRST: DeletionPlace = [0, ''];
const LAST: DeletionPlace = [Number.MAX_SAFE_INTEGER, ''];

/**
 * Lets the oldest deletes go when more than `max` are known, in small transactions. The new floor is
 * on the disk, and shown, before the rows go. Of the commit at the floor some may be left.
 */
export async function trimDeletions(
  storage: Storage,
  max: number,
  isStopped: () => boolean,
  onFloor: (floor: number) => void,
): Promise<void> {
  const { tables } = storage;
  const isOver = (limit: number) => deletionsRowOf(tables)[1] > limit && !isStopped();
  if (!isOver(max)) return;
  while (isOver(trimmedCount(max))) {
    const excess = deletionsRowOf(tables)[1] - trimmedCount(max);
    const limit = Math.min(excess, TRIM_STEP_ROWS);
    const oldest = [...tables.deletionOrder.keys({ start: FIRST, end: LAST, limit })];
    const floor = oldest.at(-1)?.[0] ?? 0;
    await storage.transaction(() => {
      const [before, known] = deletionsRowOf(tables);
      tables.meta.put('deletions', [Math.max(before, floor), known]);
    });
    onFloor(floor);
    await storage.transaction(() =>
      forgetDeletions(
        tables,
        oldest.map(([revision, path]) => [path, revision]),
      ),
    );
  }
}
