import { existsSync } from 'node:fs';
import { StorageError } from '../storage-error.ts';
import { lockFile } from './directory/file-lock.ts';
import { prepareDirectory } from './directory/make-directory.ts';
import { makeStore } from './directory/make-store.ts';
import { makeReaderTable } from './directory/reader-table.ts';
import { StoreFiles } from './directory/store-files.ts';
import { openFailure } from './errors.ts';
import { openLmdb } from './lmdb-storage.ts';
import { putMeta } from './meta.ts';
import { type Salvage, salvage } from './salvage.ts';
import type { Storage } from './storage.ts';

export interface RepairOptions {
  /** The directory for what is salvaged. It must not hold a store. */
  readonly into: string;
  /** Names the epoch of the new store. */
  readonly newId: () => string;
}

/** What a repair came to. */
export interface Repaired {
  /** Entries that are in the new store. */
  readonly entries: number;
  /** Its revision. */
  readonly revision: number;
  /** What could not be read, one line each. */
  readonly problems: readonly string[];
}

/** Rows that one transaction writes. */
const STEP_ROWS = 500;

/**
 * Makes a new store of the entries of a damaged one that are as they were written. The damaged one is
 * left as it is. The new store is of another epoch, and its history begins where the old one ended: what
 * was salvaged may lack something, so nobody is to go on from what he knew. Rejects with a `StorageError`.
 */
export async function repairDirectory(
  directory: string,
  { into, newId }: RepairOptions,
): Promise<Repaired> {
  try {
    const from = new StoreFiles(directory);
    if (!existsSync(from.data))
      throw new StorageError('unreadable', `${directory} has no data.mdb`);
    const target = new StoreFiles(prepareDirectory(into));
    if (existsSync(target.data) || target.leftovers.length > 0)
      throw new StorageError('unwritable', `${into} is not empty; name a new directory`);
    const lock = lockFile(from.data);
    if (lock === undefined)
      throw new StorageError('locked', `${directory} is in use; stop its server first`);
    try {
      const found = salvage(from);
      await makeStore(target, newId());
      makeReaderTable(target);
      const storage = await openLmdb(target.directory, () => {});
      try {
        await write(storage, found);
      } finally {
        await storage.close();
      }
      const { entries, revision, problems } = found;
      return { entries: entries.length, revision, problems };
    } finally {
      lock.release();
    }
  } catch (error) {
    throw openFailure(error, directory);
  }
}

async function write(storage: Storage, { entries, revision, time }: Salvage): Promise<void> {
  for (let start = 0; start < entries.length; start += STEP_ROWS) {
    const step = entries.slice(start, start + STEP_ROWS);
    const bytes = step.reduce((sum, { row, apart }) => sum + row.length + (apart?.length ?? 0), 0);
    await storage.transaction(
      (tables) => {
        for (const { path, modRevision, row, apart } of step) {
          tables.entries.put(path, row);
          if (apart !== undefined) tables.values.put([modRevision, path], apart);
        }
      },
      { rows: step.length, bytes },
    );
  }
  await storage.transaction((tables) => {
    putMeta(tables, 'compacted', { revision, time, changesSoFar: 0, bytesSoFar: 0 });
    putMeta(tables, 'deletionsFloor', revision);
  });
}
