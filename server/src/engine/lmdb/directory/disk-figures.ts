import { stat, statfs } from 'node:fs/promises';
import type { DiskFigures } from '../../engine.ts';
import type { StoreFiles } from './store-files.ts';

/** What a store has of its disk. `freeBytes`: of its file, what holds nothing. */
export async function diskFigures(
  { data, log, directory }: StoreFiles,
  freeBytes: number,
): Promise<DiskFigures> {
  const file = (await stat(data)).size;
  let journal = 0;
  for (const path of log) journal += (await stat(path)).size;
  const { bsize, blocks, bavail } = await statfs(directory);
  const used = Math.max(0, file - freeBytes);
  return { used, file, journal, size: blocks * bsize, available: bavail * bsize };
}
