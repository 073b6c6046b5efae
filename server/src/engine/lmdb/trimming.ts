import { trimmedCount } from '../deletions-limit.ts';
import { forgetDeletions } from './deletions.ts';
import type { DeletionPlace } from './layout.ts';
import type { Storage } from './storage.ts';

/** Rows that one transaction forgets. */
const TRIM_STEP_ROWS = 250;

const FIRST: DeletionPlace = [0, ''];
const LAST: DeletionPlace = [Number.MAX_SAFE_INTEGER, ''];

/**
 * Lets the oldest deletes go when more than `max` are in the table, in small transactions. The new
 * floor is on the disk, and shown, before the rows go. Of the commit at the floor some may be left.
 */
export async function trimDeletions(
  storage: Storage,
  max: number,
  isStopped: () => boolean,
  onFloor: (floor: number) => void,
): Promise<void> {
  const { tables } = storage;
  const { deletionOrder, meta } = tables;
  const isOver = (limit: number) => deletionOrder.count() > limit && !isStopped();
  if (!isOver(max)) return;
  let floor = 0;
  while (isOver(trimmedCount(max))) {
    const excess = deletionOrder.count() - trimmedCount(max);
    const limit = Math.min(excess, TRIM_STEP_ROWS);
    const oldest = [...deletionOrder.keys({ start: FIRST, end: LAST, limit })];
    floor = Math.max(floor, oldest.at(-1)?.[0] ?? 0);
    await storage.write(() => meta.put('deletionsFloor', floor));
    onFloor(floor);
    await storage.write(() =>
      forgetDeletions(
        tables,
        oldest.map(([revision, path]) => [path, revision]),
      ),
    );
  }
}
