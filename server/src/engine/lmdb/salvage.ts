import { existsSync } from 'node:fs';
import { readLabel } from './directory/label.ts';
import type { StoreFiles } from './directory/store-files.ts';
import { reasonOf } from './errors.ts';
import { checkRows, pathOf } from './file/check-rows.ts';
import { LmdbFile } from './file/lmdb-file.ts';
import type { Identity } from './meta.ts';
import { ProblemList } from './problem-list.ts';
import { HeldRow, headOf } from './stored.ts';
import { tableKeys } from './tables.ts';
import { keyTexts } from './wal/key-text.ts';
import { Memtable } from './wal/memtable.ts';
import { readSegments } from './wal/read-segments.ts';
import { type LogPlace, replay } from './wal/replay.ts';

interface SalvagedEntry {
  readonly path: string;
  readonly modRevision: number;
  readonly row: string;
  /** The value, where it lies apart. */
  readonly apart: string | undefined;
}

/** What can be read of a store. */
export interface Salvage {
  readonly entries: readonly SalvagedEntry[];
  /** The newest revision that anything names, and when it was made. */
  readonly revision: number;
  readonly time: number;
  readonly problems: readonly string[];
}

/** Reads all rows that are as they were written, of the tables and of the log. It holds them in memory. */
export function salvage(files: StoreFiles): Salvage {
  const rows = new Memtable();
  const problems = readTables(files, rows);
  readLog(files, rows, problems);
  const lost = new ProblemList();
  const found = entriesOf(rows, lost);
  return { ...found, problems: [...problems, ...lost.lines] };
}

/** What is in the log before any damage to it. */
function readLog(files: StoreFiles, rows: Memtable, problems: string[]): void {
  const epoch = read<Identity>(rows, 'identity')?.epoch ?? readLabel(files)?.epoch;
  const place = read<LogPlace>(rows, 'wal');
  const segments = files.log.filter((path) => existsSync(path));
  if (place?.isClosed === true || segments.length === 0) return;
  try {
    if (epoch === undefined || place === undefined)
      throw new Error('data.mdb does not say any more where it goes on');
    replay(readSegments(segments), epoch, place, rows);
  } catch (error) {
    problems.push(`the write-ahead log: ${reasonOf(error)}; what is behind that is lost`);
  }
}

function readTables(files: StoreFiles, rows: Memtable): string[] {
  const file = LmdbFile.openDamaged(files.data);
  const damagedMeta =
    file.damagedMeta === undefined
      ? []
      : [`data.mdb: ${file.damagedMeta}; what was written with it last may be lost`];
  try {
    const checking = checkRows(file, (table, key, text) => {
      const bytes = Buffer.from(key);
      if (table === 'entries') rows.rows.entries.set(pathOf(key), text);
      if (table === 'values')
        rows.rows.values.set(tableKeys.values.readKey(bytes, 0, bytes.length), text);
      if (table === 'log') rows.rows.log.set(tableKeys.log.readKey(bytes, 0, bytes.length), text);
      if (table === 'meta') rows.rows.meta.set(key.toString(), text);
    });
    let step = checking.next();
    while (step.done !== true) step = checking.next();
    return [...damagedMeta, ...step.value.problems.map((problem) => `data.mdb: ${problem}`)];
  } finally {
    file.close();
  }
}

function read<Row>(rows: Memtable, name: string): Row | undefined {
  const row = rows.rows.meta.find(keyTexts.meta(name))?.row;
  return row === undefined ? undefined : JSON.parse(row);
}

function entriesOf(rows: Memtable, problems: ProblemList): Omit<Salvage, 'problems'> {
  const entries: SalvagedEntry[] = [];
  let { revision, time } = newestOf(rows);
  for (const { key: path, row } of rows.rows.entries.inOrder()) {
    if (row === undefined) continue;
    const held = new HeldRow(path, row, () => undefined);
    revision = Math.max(revision, held.modRevision);
    const apart =
      held.apartLength === 0
        ? undefined
        : rows.rows.values.find(keyTexts.values([held.modRevision, path]))?.row;
    if (held.apartLength > 0 && apart === undefined) problems.add(`the value of ${path} is lost`);
    else entries.push({ path, modRevision: held.modRevision, row, apart });
  }
  return { entries, revision, time };
}

/** The last commit that the log has, or the last that was compacted. */
function newestOf(rows: Memtable): { revision: number; time: number } {
  const compacted = read<{ readonly revision: number; readonly time: number }>(rows, 'compacted');
  let { revision, time } = compacted ?? { revision: 0, time: 0 };
  for (const { key, row } of rows.rows.log.all()) {
    const head = row === undefined ? undefined : headOf(row);
    if (key[0] < revision) continue;
    revision = key[0];
    time = Math.max(time, head?.time ?? 0);
  }
  return { revision, time };
}
