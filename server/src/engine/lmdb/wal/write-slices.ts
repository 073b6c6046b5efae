import { type Storage, WriteFailure } from '../storage.ts';
import type { Memtable } from './memtable.ts';
import { Slices } from './slices.ts';

/** Rows that one transaction writes: some milliseconds, and a sync of the disk. */
const SLICE_ROWS = 2_000;
/** The same where the disk is nearly full: pages that one lets go of are there for the next but one. */
const SHORT_SLICE_ROWS = 16;

/**
 * Writes a memtable into the tables. What is written shows at once, which changes nothing for those who
 * read: the memtable lies over it, with the same rows.
 */
export async function writeSlices(
  base: Storage,
  memtable: Memtable,
  defer: (run: () => void) => void,
): Promise<void> {
  let slices = new Slices(memtable);
  let rows = SLICE_ROWS;
  while (!slices.isDone)
    try {
      const slice = slices;
      slices = await base.transaction((tables) => slice.writeInSteps(tables, rows, defer), {
        ...slice.sizeOf(rows),
        isOverlaid: true,
      });
      base.show();
    } catch (error) {
      const isWorthATry = error instanceof WriteFailure && error.isFull && rows > SHORT_SLICE_ROWS;
      if (!isWorthATry) throw error;
      rows = SHORT_SLICE_ROWS;
    }
}
