/** Deletes that an engine knows beyond compaction: some 100 MB where paths are long. */
export const DELETIONS_MAX = 1_000_000;

/** How many are left once there are too many: trimming for every commit would cost a write each. */
export function trimmedCount(deletionsMax: number): number {
  return deletionsMax - Math.floor(deletionsMax / 16);
}
