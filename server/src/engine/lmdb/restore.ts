import { existsSync, linkSync, mkdirSync, readdirSync, rmdirSync, rmSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { Digest, type Entry } from '@confer/shared';
import { StorageError } from '../storage-error.ts';
import { beginHistory } from './begin-history.ts';
import { type LockedFile, lockFile } from './directory/file-lock.ts';
import { writeLabel } from './directory/label.ts';
import { prepareDirectory, syncPath } from './directory/make-directory.ts';
import { makeStore } from './directory/make-store.ts';
import { isUnfinished, StoreFiles } from './directory/store-files.ts';
import { openFailure } from './errors.ts';
import { checkRows, pathOf } from './file/check-rows.ts';
import { LmdbFile } from './file/lmdb-file.ts';
import { openLmdb } from './lmdb-storage.ts';
import type { Pause } from './pause.ts';
import { LazyEntryRow, storedEntry } from './row-codec.ts';
import { FORMAT } from './tables.ts';
import { Memtable } from './wal/memtable.ts';
import { writeSlices } from './wal/write-slices.ts';

export interface RestoreOptions {
  /** Each path once. What this rejects with ends the restore. */
  readonly entries: AsyncIterable<readonly Entry[]>;
  /** That they are as of. */
  readonly revision: number;
  /** Names the epoch of the new store, and its timeline. */
  readonly newId: () => string;
  /** Runs something in a turn of its own, soon. */
  readonly defer: (run: () => void) => void;
  /** Rows are those that are written so far, and then those that were looked at. */
  readonly pause: Pause;
}

/** What a restore came to. */
export interface Restored {
  readonly entries: number;
  readonly revision: number;
  readonly epoch: string;
}

/**
 * Makes a store of entries that are as of one revision, with all that is known of them. It is of another epoch, so
 * that nobody goes on from what he knew of the history that they are from, and its own begins after that revision.
 *
 * 1. It is made in a directory inside of its own, and looked through there.
 * 2. Its data get their name in one step, which never takes the place of what is there. So nobody ever serves half of
 *    it, the directory may be a mounted disk, and who is killed leaves what the next one clears away.
 *
 * Rejects with a `StorageError`, or with what `entries` and `pause` reject with; then nothing of it stays.
 */
export async function restoreDirectory(
  directory: string,
  options: RestoreOptions,
): Promise<Restored> {
  let made: string | undefined;
  try {
    made = firstMissing(directory);
    requireEmpty(directory);
    const files = new StoreFiles(prepareDirectory(directory));
    clearLeft(files);
    return await restoreInto(files, options);
  } catch (error) {
    if (made !== undefined) removeEmpty(directory, made);
    if (error instanceof SourceError) throw error.cause;
    throw openFailure(error, directory);
  }
}

/** What a new disk has of its own. */
const OF_THE_DISK = 'lost+found';

function requireEmpty(directory: string): void {
  const there = statSync(directory, { throwIfNoEntry: false });
  if (there === undefined) return;
  if (!there.isDirectory())
    throw new StorageError('unwritable', `${directory} is not a directory; nothing was changed`);
  const [name] = readdirSync(directory).filter((one) => one !== OF_THE_DISK && !isUnfinished(one));
  if (name !== undefined)
    throw new StorageError(
      'unwritable',
      `${directory} is not empty: it has ${name}; name a new directory, or move that one away. Nothing was changed`,
    );
}

/** Of those who were killed; where one is still at work, its lock says so. */
function clearLeft(files: StoreFiles): void {
  for (const name of readdirSync(files.directory).filter(isUnfinished)) {
    const { data } = new StoreFiles(join(files.directory, name));
    const lock = existsSync(data) ? lockFile(data) : undefined;
    if (lock === undefined && existsSync(data))
      throw new StorageError('locked', `something else is being restored into ${files.directory}`);
    lock?.release();
  }
  files.clearUnfinished();
}

async function restoreInto(files: StoreFiles, options: RestoreOptions): Promise<Restored> {
  const epoch = options.newId();
  const timeline = options.newId();
  const unfinished = new StoreFiles(files.unfinished(epoch));
  let lock: LockedFile | undefined;
  try {
    mkdirSync(unfinished.directory);
    await makeStore(unfinished, epoch);
    lock = lockFile(unfinished.data);
    const { revision } = options;
    const written = await fill(unfinished, timeline, options);
    await requireWritten(unfinished, written, options.pause);
    syncPath(unfinished.data);
    giveName(unfinished.data, files);
    const label = { format: FORMAT, epoch, timeline, revision, pid: 0, unfinishedRuns: 0 };
    writeLabel(files, label);
    return { entries: written.entries, revision, epoch };
  } finally {
    lock?.release();
    rmSync(unfinished.directory, { recursive: true, force: true });
  }
}

/** What was written, to be held against what can be read. */
interface Written {
  readonly entries: number;
  readonly digest: string;
}

async function fill(
  unfinished: StoreFiles,
  timeline: string,
  { entries, revision, defer, pause }: RestoreOptions,
): Promise<Written> {
  const storage = await openLmdb(unfinished.directory, () => {});
  const digest = new Digest();
  let count = 0;
  let time = 0;
  try {
    for await (const page of asSource(entries)) {
      const part = new Memtable();
      for (const entry of page) {
        const { path, modRevision, updatedAt } = entry;
        const { row, apart } = storedEntry(entry, undefined);
        part.rows.entries.set(path, row);
        if (apart !== undefined) part.rows.values.set([modRevision, path], apart);
        digest.add(path, modRevision);
        time = Math.max(time, updatedAt);
      }
      count += page.length;
      await writeSlices(storage, part, defer);
      await pauseOf(pause, count);
    }
    await storage.transaction((tables) => beginHistory(tables, { revision, time, timeline }));
  } finally {
    await storage.close();
  }
  return { entries: count, digest: digest.toString() };
}

/** Reads all of it once more, past LMDB: each page, the sum of each row, and that each entry is there. */
async function requireWritten({ data }: StoreFiles, written: Written, pause: Pause): Promise<void> {
  const digest = new Digest();
  let entries = 0;
  let looked = 0;
  const file = LmdbFile.open(data);
  try {
    const checking = checkRows(file, (table, key, text) => {
      looked++;
      if (table !== 'entries') return;
      const { path, modRevision } = new LazyEntryRow(pathOf(key), text, () => undefined);
      digest.add(path, modRevision);
      entries++;
    });
    let step = checking.next();
    for (; step.done !== true; step = checking.next()) await pauseOf(pause, looked);
    const [problem] = step.value.problems;
    const isWhole = entries === written.entries && digest.toString() === written.digest;
    // safeguard: restored-store-is-read-again
    if (problem !== undefined || !isWhole)
      throw new StorageError(
        'unreadable',
        `what was written is not what is there: ${problem ?? 'an entry is missing or twice'}`,
      );
  } finally {
    file.close();
  }
}

/** Unlike a rename, a link never takes the place of what is there. */
function giveName(made: string, files: StoreFiles): void {
  try {
    linkSync(made, files.data);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    throw new StorageError('locked', `something else made a store in ${files.directory} meanwhile`);
  }
  syncPath(files.directory);
}

/** What others rejected with, to be passed on as it is. */
class SourceError extends Error {
  constructor(cause: unknown) {
    super('the source failed', { cause });
  }
}

async function* asSource<Item>(items: AsyncIterable<Item>): AsyncGenerator<Item, void, void> {
  const iterator = items[Symbol.asyncIterator]();
  try {
    for (;;) {
      const step = await iterator.next().catch((error: unknown) => {
        throw new SourceError(error);
      });
      if (step.done === true) return;
      yield step.value;
    }
  } finally {
    await iterator.return?.();
  }
}

function pauseOf(pause: Pause, rows: number): Promise<void> {
  return pause(rows).catch((error: unknown) => {
    throw new SourceError(error);
  });
}

/** The uppermost directory that is to be made; `undefined` where all are there. */
function firstMissing(directory: string): string | undefined {
  let missing: string | undefined;
  for (let at = resolve(directory); !existsSync(at); at = dirname(at)) missing = at;
  return missing;
}

/** Takes back the directories that were made, as far as that came, unless there is something in them by now. */
function removeEmpty(directory: string, uppermost: string): void {
  try {
    for (let at = resolve(directory); ; at = dirname(at)) {
      if (existsSync(at)) rmdirSync(at);
      if (at === uppermost) return;
    }
  } catch {
    // Somebody else's by now, or the disk is broken, which who is told of the failure knows.
  }
}
