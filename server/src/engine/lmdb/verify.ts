import { existsSync } from 'node:fs';
import type { Timeline } from '../engine.ts';
import { StorageError } from '../storage-error.ts';
import { HALF_FILLED, lossBetween, type Said } from './directory/contents.ts';
import { lockFile } from './directory/file-lock.ts';
import { readLabel } from './directory/label.ts';
import { StoreFiles } from './directory/store-files.ts';
import { openFailure, reasonOf } from './errors.ts';
import { checkRows } from './file/check-rows.ts';
import { LmdbFile } from './file/lmdb-file.ts';
import { type CompactionState, type Identity, NOTHING_COMPACTED } from './meta.ts';
import type { Pause } from './pause.ts';
import { FORMAT, tableKeys } from './tables.ts';
import { Memtable } from './wal/memtable.ts';
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
 * `StorageError` where a server has it, or where there is none, and with what `pause` rejects with.
 */
export async function verifyDirectory(directory: string, pause: Pause): Promise<Verified> {
  try {
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
      return await look(files, pause);
    } finally {
      lock.release();
    }
  } catch (error) {
    throw openFailure(error, directory);
  }
}

async function look(files: StoreFiles, pause: Pause): Promise<Verified> {
  const texts = new Map<string, string>();
  let file: LmdbFile;
  try {
    file = LmdbFile.open(files.data);
  } catch (error) {
    const problems = [`data.mdb: ${reasonOf(error)}`];
    return { epoch: undefined, rows: {}, loggedRows: 0, problems };
  }
  try {
    let revision = 0;
    let looked = 0;
    const checking = checkRows(file, (table, key, text) => {
      looked++;
      if (table === 'meta') texts.set(key.toString(), text);
      if (table === 'log') revision = tableKeys.log.readKey(Buffer.from(key), 0, key.length)[0];
    });
    let step = checking.next();
    for (; step.done !== true; step = checking.next()) await pause(looked);
    const { rows, problems } = step.value;
    const identity = read<Identity>(texts, 'identity');
    const log = logOf(files, identity, read<LogPlace>(texts, 'wal'));
    for (const { key } of log.rows.rows.log.all()) revision = Math.max(revision, key[0]);
    for (const { key, row } of log.rows.rows.meta.all()) if (row !== undefined) texts.set(key, row);
    const compacted = read<CompactionState>(texts, 'compacted') ?? NOTHING_COMPACTED;
    const timelines = read<readonly Timeline[]>(texts, 'timelines') ?? [];
    const said = { timelines, revision: Math.max(revision, compacted.revision) };
    return {
      epoch: identity?.epoch,
      rows: Object.fromEntries(rows),
      loggedRows: log.rows.size,
      problems: [
        ...problems.map((problem) => `data.mdb: ${problem}`),
        ...log.problems,
        ...labelProblems(files, identity, said),
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

function logOf(
  files: StoreFiles,
  identity: Identity | undefined,
  place: LogPlace | undefined,
): { readonly rows: Memtable; readonly problems: readonly string[] } {
  const rows = new Memtable();
  if (identity === undefined)
    return { rows, problems: ['data.mdb does not say which store it is'] };
  if (place === undefined || place.isClosed) return { rows, problems: [] };
  try {
    replay(readSegments(files.log), identity.epoch, place, rows);
    return { rows, problems: [] };
  } catch (error) {
    return { rows, problems: [`the write-ahead log: ${reasonOf(error)}`] };
  }
}

/** What the data do not have of what confer.json says. */
function labelProblems(
  files: StoreFiles,
  identity: Identity | undefined,
  { timelines, revision }: Pick<Said, 'timelines' | 'revision'>,
): string[] {
  const label = readLabel(files);
  if (label === undefined)
    return ['confer.json is missing or cannot be read; a start makes it anew'];
  if (label.format > FORMAT)
    return [`confer.json is of a newer Confer (format ${label.format}, not ${FORMAT})`];
  if (label.isFilled === false) return [HALF_FILLED];
  if (identity === undefined) return [];
  const loss = lossBetween(label, { epoch: identity.epoch, timelines, revision });
  return loss === undefined ? [] : [loss];
}
