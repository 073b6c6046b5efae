import { linkSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openLmdb } from '../lmdb-storage.ts';
import { putMeta } from '../meta.ts';
import { FORMAT } from '../tables.ts';
import { syncPath } from './make-directory.ts';
import { makeReaderTable } from './reader-table.ts';
import { StoreFiles } from './store-files.ts';

/** More than the tables take while they have no rows. */
const FIRST_BYTES = 256 * 1024;

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
    requireRoom(unfinished);
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

/**
 * LMDB makes its tables with commits of its own, before anybody can take room ahead of them, and a page that
 * does not fit may kill the process there.
 */
function requireRoom(directory: string): void {
  const room = join(directory, 'room');
  writeFileSync(room, Buffer.alloc(FIRST_BYTES));
  rmSync(room);
}

/** Unlike a rename, a link never takes the place of what is there. */
function giveName(made: string, name: string): void {
  try {
    linkSync(made, name);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
}
