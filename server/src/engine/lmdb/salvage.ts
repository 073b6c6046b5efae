import { existsSync } from 'node:fs';
import { readLabel } from './directory/label.ts';
import type { StoreFiles } from './directory/store-files.ts';
import { reasonOf } from './errors.ts';
import { checkRows, pathOf } from './file/check-rows.ts';
import { LmdbFile } from './file/lmdb-file.ts';
import type { CompactionState, Identity } from './meta.ts';
import { ProblemList } from './problem-list.ts';
import { goneOf, headOf, LazyEntryRow } from './row-codec.ts';
import { type TableName, tableKeys } from './tables.ts';
import { keyTexts } from './wal/key-text.ts';
import { Memtable } from './wal/memtable.ts';
import { readSegments } from './wal/read-segments.ts';
import { type LogPlace, replay } from './wal/replay.ts';

/** What is known of a store once all of it was read. */
export interface Salvaged {
  /** The newest revision that anything names, and when it was made. */
  readonly revision: number;
  readonly time: number;
  /** What could not be read, one line each. */
  readonly problems: readonly string[];
}

/**
 * Reads the entries of a store that are as they were written, with their values: first those of the
 * tables, then what the log has of them, and at last takes back those whose values are lost. Gives rows
 * to be written one part after the other, each of some megabytes, so that a store of any size can be
 * salvaged; what it holds on to is a path for each long value.
 */
export class Salvage {
  readonly #files: StoreFiles;
  readonly #found = new Found();
  readonly #problems: string[] = [];

  constructor(files: StoreFiles) {
    this.#files = files;
  }

  /** Throws in words for an operator where nothing can be read. */
  *parts(): Generator<Memtable, void, void> {
    const takeFromTable: Take = (...row) => this.#found.takeFromTable(...row);
    this.#problems.push(...(yield* this.#look(takeFromTable)));
    const logged = new Memtable();
    const newer = new Set<string>();
    try {
      this.#readLog(logged);
    } catch (error) {
      const reason = `${reasonOf(error)}; what is behind that is lost`;
      this.#problems.push(`the write-ahead log: ${reason}`);
      // A checkpoint that was broken off may have come beyond the damage.
      // safeguard: salvaged-log-is-no-older-than-the-tables
      yield* this.#look((...row) => addNewer(newer, logged, ...row));
    }
    this.#found.takeFromLog(logged, newer);
    this.#problems.push(...this.#found.takeBack());
    yield this.#found.part();
  }

  /** Once there are no more parts. */
  get salvaged(): Salvaged {
    return { ...this.#found.newest(), problems: this.#problems };
  }

  /** Looks through the tables. Returns what is wrong with them. */
  *#look(take: Take): Generator<Memtable, readonly string[], void> {
    const file = LmdbFile.openDamaged(this.#files.data);
    try {
      const checking = checkRows(file, take);
      let step = checking.next();
      for (; step.done !== true; step = checking.next()) yield this.#found.part();
      const problems = step.value.problems.map((problem) => `data.mdb: ${problem}`);
      if (file.damagedMeta === undefined) return problems;
      const half = `data.mdb: ${file.damagedMeta}; what was written with it last may be lost`;
      return [half, ...problems];
    } finally {
      file.close();
    }
  }

  /** What is in the log before any damage to it. */
  #readLog(logged: Memtable): void {
    const files = this.#files;
    const epoch = this.#found.meta<Identity>('identity')?.epoch ?? readLabel(files)?.epoch;
    const place = this.#found.meta<LogPlace>('wal');
    const segments = files.log.filter((path) => existsSync(path));
    if (place?.isClosed === true || segments.length === 0) return;
    if (epoch === undefined || place === undefined)
      throw new Error('data.mdb does not say any more where it goes on');
    replay(readSegments(segments), epoch, place, logged);
  }
}

/** Takes a row of the tables. */
type Take = (table: TableName, key: Buffer, text: string) => void;

/** Adds the path of a row that is newer than what a log has of it. */
function addNewer(
  newer: Set<string>,
  logged: Memtable,
  ...[table, key, text]: Parameters<Take>
): void {
  if (table !== 'entries' && table !== 'tombstones') return;
  const path = pathOf(key);
  const last = revisionIn(logged, path);
  if (last === undefined) return;
  const revision = table === 'entries' ? modRevisionOf(path, text) : goneOf(text).revision;
  if (revision > last) newer.add(path);
}

/** Of what a log has of a path last; `undefined` where it has nothing, or not when the path went. */
function revisionIn({ rows }: Memtable, path: string): number | undefined {
  const held = rows.entries.find(keyTexts.entries(path));
  if (held?.row !== undefined) return modRevisionOf(path, held.row);
  const gone = held && rows.tombstones.find(keyTexts.tombstones(path));
  return gone?.row === undefined ? undefined : goneOf(gone.row).revision;
}

function modRevisionOf(path: string, row: string): number {
  return new LazyEntryRow(path, row, () => undefined).modRevision;
}

/** A value that lies apart, as an entry names it. */
interface Apart {
  readonly revision: number;
  isThere: boolean;
}

class Found {
  readonly #meta = new Map<string, string>();
  /** By path, those of entries that are not lost so far. */
  readonly #apart = new Map<string, Apart>();
  #part = new Memtable();
  #revision = 0;
  #time = 0;

  /** What was found since the last time. */
  part(): Memtable {
    const part = this.#part;
    this.#part = new Memtable();
    return part;
  }

  meta<Row>(name: string): Row | undefined {
    const row = this.#meta.get(name);
    return row === undefined ? undefined : JSON.parse(row);
  }

  newest(): { readonly revision: number; readonly time: number } {
    const compacted = this.meta<CompactionState>('compacted');
    return {
      revision: Math.max(this.#revision, compacted?.revision ?? 0),
      time: Math.max(this.#time, compacted?.time ?? 0),
    };
  }

  /** Tables come in the order of their names, so entries come before the values that they name. */
  takeFromTable(table: TableName, key: Buffer, text: string): void {
    // A copy, because reading a key may change the bytes of it.
    const bytes = Buffer.from(key);
    if (table === 'entries') this.#takeEntry(pathOf(key), text);
    if (table === 'log') this.#takeChange(tableKeys.log.readKey(bytes, 0, bytes.length)[0], text);
    if (table === 'meta') this.#meta.set(key.toString(), text);
    if (table === 'values') {
      const [revision, path] = tableKeys.values.readKey(bytes, 0, bytes.length);
      this.#takeValue(revision, path, text);
    }
  }

  /** What the log has is newer than what the tables have of the same path, but for some. */
  takeFromLog({ rows }: Memtable, newer: ReadonlySet<string>): void {
    for (const { key, row } of rows.meta.inOrder()) if (row !== undefined) this.#meta.set(key, row);
    for (const { key, row } of rows.log.inOrder())
      if (row !== undefined) this.#takeChange(key[0], row);
    for (const { key: path, row } of rows.entries.inOrder()) {
      if (newer.has(path)) continue;
      this.#dropValue(path);
      if (row === undefined) this.#part.rows.entries.set(path, undefined);
      else this.#takeEntry(path, row);
    }
    for (const { key, row } of rows.values.inOrder())
      if (row !== undefined) this.#takeValue(...key, row);
  }

  /** Entries whose values were not found. */
  takeBack(): readonly string[] {
    const lost = new ProblemList();
    for (const [path, { isThere }] of this.#apart) {
      if (isThere) continue;
      this.#part.rows.entries.set(path, undefined);
      lost.add(`the value of ${path} is lost`);
    }
    return lost.lines;
  }

  #takeEntry(path: string, row: string): void {
    const { modRevision: revision, apartLength } = new LazyEntryRow(path, row, () => undefined);
    this.#revision = Math.max(this.#revision, revision);
    this.#part.rows.entries.set(path, row);
    if (apartLength > 0) this.#apart.set(path, { revision, isThere: false });
  }

  /** Others are of the past. */
  #takeValue(revision: number, path: string, text: string): void {
    const apart = this.#apart.get(path);
    if (apart?.revision !== revision) return;
    apart.isThere = true;
    this.#part.rows.values.set([revision, path], text);
  }

  #dropValue(path: string): void {
    const apart = this.#apart.get(path);
    if (apart === undefined) return;
    this.#apart.delete(path);
    if (apart.isThere) this.#part.rows.values.set([apart.revision, path], undefined);
  }

  #takeChange(revision: number, row: string): void {
    if (revision < this.#revision) return;
    this.#revision = revision;
    this.#time = Math.max(this.#time, headOf(row)?.time ?? 0);
  }
}
