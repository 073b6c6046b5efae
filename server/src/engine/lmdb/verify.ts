import { existsSync } from 'node:fs';
import { StorageError } from '../storage-error.ts';
import { lockFile } from './directory/file-lock.ts';
import { readLabel } from './directory/label.ts';
import { StoreFiles } from './directory/store-files.ts';
import { reasonOf } from './errors.ts';
import { checkRows } from './file/check-rows.ts';
import { LmdbFile } from './file/lmdb-file.ts';
import type { Identity } from './meta.ts';
import { readSegments } from './wal/read-segments.ts';
import { type LogPlace, replay } from './wal/replay.ts';

/** What is found in a directory. */
export interface Verified {
  readonly epoch: string | undefined;
  /** By table, rows that are as they were written. */
  readonly rows: Readonly<Record<string, number>>;
  /** Rows that are in the write-ahead log alone. */
  readonly loggedRows: number;
  /** What is damaged or does not fit, one line each; nothing where all is well. */
  readonly problems: readonly string[];
}

/**
 * Looks through the store in a directory, without LMDB and without changing anything. Rejects with a
 * `StorageError` where a server has it, or where there is none.
 */
export async function verifyDirectory(directory: string): Promise<Verified> {
  const files = new StoreFiles(directory);
  if (!existsSync(files.data))
    throw new StorageError(
      'unreadable',
      `${directory} has no data.mdb, so there is no store in it`,
    );
  const lock = lockFile(files.data);
  if (lock === undefined)
    throw new StorageError('locked', `${directory} is in use; stop its server first`);
  try {
    return look(files);
  } finally {
    lock.release();
  }
}

function look(files: StoreFiles): Verified {
  const texts = new Map<string, string>();
  let file: LmdbFile;
  try {
    file = LmdbFile.open(files.data);
  } catch (error) {
    const problems = [`data.mdb: ${reasonOf(error)}`];
    return { epoch: undefined, rows: {}, loggedRows: 0, problems };
  }
  try {
    const checking = checkRows(file, (table, key, text) => {
      if (table === 'meta') texts.set(key.toString(), text);
    });
    let step = checking.next();
    while (step.done !== true) step = checking.next();
    const { rows, problems } = step.value;
    const identity = read<Identity>(texts, 'identity');
    const log = logOf(files, identity, read<LogPlace>(texts, 'wal'));
    return {
      epoch: identity?.epoch,
      rows: Object.fromEntries(rows),
      loggedRows: log.rows,
      problems: [
        ...problems.map((problem) => `data.mdb: ${problem}`),
        ...log.problems,
        ...labelProblems(files, identity),
      ],
    };
  } finally {
    file.close();
  }
}

function read<Row>(texts: ReadonlyMap<string, string>, name: string): Row | undefined {
  const text = texts.get(name);
  return text === undefined ? undefined : JSON.parse(text);
}

function logOf(files: StoreFiles, identity: Identity | undefined, place: LogPlace | undefined) {
  if (identity === undefined)
    return { rows: 0, problems: ['data.mdb does not say which store it is'] };
  if (place === undefined || place.isClosed) return { rows: 0, problems: [] };
  try {
    const { rows } = replay(readSegments(files.log), identity.epoch, place);
    return { rows: rows.size, problems: [] };
  } catch (error) {
    return { rows: 0, problems: [`the write-ahead log: ${reasonOf(error)}`] };
  }
}

function labelProblems(files: StoreFiles, identity: Identity | undefined): string[] {
  const label = readLabel(files);
  if (label === undefined)
    return ['confer.json is missing or cannot be read; a start makes it anew'];
  if (identity === undefined || label.epoch === identity.epoch) return [];
  return [`confer.json is of another store (epoch ${label.epoch})`];
}
