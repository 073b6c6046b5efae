/** Deletes that an engine knows beyond compaction: some 100 MB where paths are long. */
export const TOMBSTONES_MAX = 1_000_000;

/** How many are left once there are too many: to drop some with every commit would cost a write each. */
export function prunedCount(tombstonesMax: number): number {
  return tombstonesMax - Math.floor(tombstonesMax / 16);
}
