import { basename } from 'node:path';
import { reasonOf } from '../errors.ts';
import { metaOf, putMeta } from '../meta.ts';
import type { Storage } from '../storage.ts';
import type { LogFile, OpenLogFile } from './log-file.ts';
import { LoggedStorage } from './logged-storage.ts';
import { PAGE_BYTES, RecordReader } from './record.ts';
import { type LogPlace, type Replayed, replay } from './replay.ts';
import { WriteAheadLog } from './write-ahead-log.ts';
import { writeSlices } from './write-slices.ts';

export interface LogOptions {
  readonly openFile: OpenLogFile;
  /** Whether a write failed for want of room. */
  readonly isFull: (error: unknown) => boolean;
  /** The two files that segments are written to in turn. */
  readonly paths: readonly [string, string];
  /** The identity of the store. */
  readonly store: string;
  /**
   * Throws where the tables, now that they have all of their log, are not to be served. The files may be the
   * log of others then, whose data are put back later.
   */
  readonly check: () => void;
  readonly segmentBytes: number;
  readonly recordBytesMax: number;
  /** Runs something in a turn of its own, soon. */
  readonly defer: (run: () => void) => void;
}

/** What an operator can do about a log that is damaged. */
const HINT = '; restore a copy, or salvage what can be read with confer repair';

/**
 * Opens the write-ahead log of a store. What it has that the tables have not is written into them, and
 * with that onto the disk: what the process before wrote and could not sync counts from here on, and
 * nothing of it was shown before. Then a new segment begins.
 *
 * 1. Read both files. One that must be there and is not, or is damaged, ends this.
 * 2. Write what they have into the tables.
 * 3. Say in the tables that the files do not matter.
 * 4. Look whether the tables are the right ones, before anything is lost that is in the files.
 * 5. Begin a segment in the first of them, of a number that neither file has had: behind its first record
 *    lies what was there before, and must never be taken for the next.
 * 6. Say in the tables that it does.
 */
export async function openLog(base: Storage, options: LogOptions): Promise<Storage> {
  const { store, segmentBytes, recordBytesMax, isFull, defer } = options;
  const from = metaOf(base.tables, 'wal');
  const isNeeded = from !== undefined && !from.isClosed;
  const files = await openFiles(options, !isNeeded);
  try {
    const newest = isNeeded
      ? await takeOver(base, files, options, from)
      : await newestIn(files, store, from?.sequence ?? 0);
    // safeguard: data-are-the-right-ones-before-their-log-is-used-again
    options.check();
    const sequence = newest + 1;
    const log = await WriteAheadLog.begin(store, files, sequence, segmentBytes);
    const direct = from?.direct ?? 0;
    await say(base, { ...log.place, isClosed: false, direct });
    return new LoggedStorage({ base, log, direct, recordBytesMax, isFull, defer });
  } catch (error) {
    for (const file of files) await file.close();
    throw error;
  }
}

async function openFiles(
  { paths, openFile }: LogOptions,
  make: boolean,
): Promise<readonly [LogFile, LogFile]> {
  const first = await opened(openFile, paths[0], make);
  try {
    return [first, await opened(openFile, paths[1], make)];
  } catch (error) {
    await first.close();
    throw error;
  }
}

async function opened(openFile: OpenLogFile, path: string, make: boolean): Promise<LogFile> {
  try {
    return await openFile(path, make);
  } catch (error) {
    if (!make && error instanceof Error && 'code' in error && error.code === 'ENOENT')
      throw new Error(`its file ${basename(path)} is missing, and commits are in it${HINT}`);
    throw error;
  }
}

/** Returns the newest segment that there was. */
async function takeOver(
  base: Storage,
  files: readonly [LogFile, LogFile],
  { paths, store, defer }: LogOptions,
  from: LogPlace,
): Promise<number> {
  const contents = [
    { path: paths[0], content: await files[0].read() },
    { path: paths[1], content: await files[1].read() },
  ];
  const { rows, sequence } = replayed(contents, store, from);
  // safeguard: log-is-in-the-tables-when-it-is-open
  await writeSlices(base, rows, defer);
  await say(base, { ...from, sequence, records: 0, isClosed: true });
  return sequence;
}

/** The newest segment of a store whose log does not matter: its tables may be older than what the files have. */
async function newestIn(files: readonly LogFile[], store: string, known: number): Promise<number> {
  const reader = new RecordReader(store);
  let newest = known;
  for (const file of files) {
    const first = reader.placeAt(await file.read(PAGE_BYTES), 0);
    // safeguard: segment-has-a-number-that-no-file-had
    newest = Math.max(newest, first?.sequence ?? 0);
  }
  return newest;
}

function replayed(...log: Parameters<typeof replay>): Replayed {
  try {
    return replay(...log);
  } catch (error) {
    throw new Error(`${reasonOf(error)}${HINT}`);
  }
}

async function say(base: Storage, place: LogPlace): Promise<void> {
  await base.transaction((tables) => putMeta(tables, 'wal', place));
  base.show();
}
