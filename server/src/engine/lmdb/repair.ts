import { existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { StorageError } from '../storage-error.ts';
import { beginHistory } from './begin-history.ts';
import { requireFilled } from './directory/contents.ts';
import { lockFile } from './directory/file-lock.ts';
import { readLabel, writeLabel } from './directory/label.ts';
import { prepareDirectory, syncPath } from './directory/make-directory.ts';
import { makeStore } from './directory/make-store.ts';
import { makeReaderTable } from './directory/reader-table.ts';
import { StoreFiles } from './directory/store-files.ts';
import { openFailure, unwritable } from './errors.ts';
import { openLmdb } from './lmdb-storage.ts';
import type { Pause } from './pause.ts';
import { Salvage, type Salvaged } from './salvage.ts';
import type { Storage } from './storage.ts';
import { FORMAT } from './tables.ts';
import { writeSlices } from './wal/write-slices.ts';

export interface RepairOptions {
  /** The directory for what is salvaged. It must not hold a store. */
  readonly into: string;
  /** Names the epoch of the new store. */
  readonly newId: () => string;
  /** Runs something in a turn of its own, soon. */
  readonly defer: (run: () => void) => void;
  /** Rows are those that are in the new store so far. */
  readonly pause: Pause;
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

/**
 * Makes a new store of the entries of a damaged one that are as they were written. The damaged one is
 * left as it is. The new store is of another epoch, and its history begins where the old one ended: what
 * was salvaged may lack something, so nobody is to go on from what he knew. Rejects with a `StorageError`, or
 * with what `pause` rejects with; then nothing of it stays.
 */
export async function repairDirectory(
  directory: string,
  options: RepairOptions,
): Promise<Repaired> {
  const { into } = options;
  try {
    const from = new StoreFiles(directory);
    if (!existsSync(from.data))
      throw new StorageError('unreadable', `${directory} has no data.mdb`);
    requireFilled(from, readLabel(from));
    requireNew(into);
    const lock = lockFile(from.data);
    if (lock === undefined)
      throw new StorageError('locked', `${directory} is in use; stop its server first`);
    try {
      return await makeWhole(into, (target) => fill(target, from, options));
    } finally {
      lock.release();
    }
  } catch (error) {
    throw openFailure(error, directory);
  }
}

function requireNew(into: string): void {
  const isNew =
    !existsSync(into) || (statSync(into).isDirectory() && readdirSync(into).length === 0);
  if (!isNew) throw new StorageError('unwritable', `${into} is not empty; name a new directory`);
}

/**
 * Makes a directory under another name and gives it its own when it is whole, so that nobody ever serves
 * half of what was salvaged.
 */
async function makeWhole<Made>(
  into: string,
  make: (directory: string) => Promise<Made>,
): Promise<Made> {
  const name = `${resolve(into)}.unfinished`;
  if (existsSync(name))
    throw new StorageError('unwritable', `${name} is left of a repair that did not end; remove it`);
  const unfinished = prepareDirectory(name);
  try {
    const made = await make(unfinished);
    syncPath(unfinished);
    renameSync(unfinished, into);
    syncPath(dirname(resolve(into)));
    return made;
  } catch (error) {
    throw error instanceof StorageError ? error : unwritable(into, error);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
}

async function fill(
  directory: string,
  from: StoreFiles,
  options: RepairOptions,
): Promise<Repaired> {
  const target = new StoreFiles(directory);
  const [epoch, timeline] = [options.newId(), options.newId()];
  const label = { format: FORMAT, epoch, timeline, revision: 0, pid: 0, unfinishedRuns: 0 };
  // Who is killed from here on leaves a directory that says that it is half of something.
  writeLabel(target, { ...label, isFilled: false });
  await makeStore(target, epoch);
  makeReaderTable(target);
  const storage = await openLmdb(target.directory, () => {});
  let repaired: Repaired;
  try {
    const { revision, time, problems } = await write(storage, from, options);
    await storage.transaction((tables) => beginHistory(tables, { revision, time, timeline }));
    storage.show();
    repaired = { entries: storage.tables.entries.count(), revision, problems };
  } finally {
    await storage.close();
  }
  syncPath(target.data);
  writeLabel(target, { ...label, revision: repaired.revision });
  return repaired;
}

async function write(
  storage: Storage,
  from: StoreFiles,
  { defer, pause }: RepairOptions,
): Promise<Salvaged> {
  const salvage = new Salvage(from);
  let rows = 0;
  for (const part of readFrom(from.directory, salvage.parts())) {
    rows += part.size;
    await pause(rows);
    await writeSlices(storage, part, defer);
  }
  return salvage.salvaged;
}

/** What goes wrong with reading is told of where it is read from. */
function* readFrom<Part>(directory: string, parts: Iterable<Part>): Generator<Part, void, void> {
  try {
    yield* parts;
  } catch (error) {
    throw openFailure(error, directory);
  }
}
