import { linkSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { openLmdb } from '../lmdb-storage.ts';
import { putMeta } from '../meta.ts';
import { FORMAT } from '../tables.ts';
import { syncPath } from './make-directory.ts';
import { makeReaderTable } from './reader-table.ts';
import { StoreFiles } from './store-files.ts';

/**
 * Makes an empty store. It comes into being at one instant: it is made beside its place, put on the
 * disk whole, and then given its name there. A crash before that leaves what is cleared away later; two
 * that do this at once end with the store of one of them.
 */
export async function makeStore(files: StoreFiles, epoch: string): Promise<void> {
  const unfinished = files.unfinished(epoch);
  try {
    mkdirSync(unfinished);
    makeReaderTable(new StoreFiles(unfinished));
    const storage = await openLmdb(unfinished, () => {});
    try {
      await storage.transaction((tables) => putMeta(tables, 'identity', { format: FORMAT, epoch }));
    } finally {
      await storage.close();
    }
    const made = join(unfinished, 'data.mdb');
    syncPath(made);
    giveName(made, files.data);
    syncPath(files.directory);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
}

/** Unlike a rename, a link never takes the place of what is there. */
function giveName(made: string, name: string): void {
  try {
    linkSync(made, name);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
}
