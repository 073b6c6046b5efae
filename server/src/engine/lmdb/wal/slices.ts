import type { WriteHint } from '../storage.ts';
import {
  type TableKeys,
  type TableName,
  tableNames,
  type WriteTable,
  type WriteTables,
} from '../tables.ts';
import type { MemRow, Memtable } from './memtable.ts';

/** Rows between two pauses: half a millisecond, so that no writer waits for long behind them. */
const STEP_ROWS = 100;

/** The rows of a memtable, to be written into the tables a slice at a time and in their order. */
export class Slices {
  readonly #memtable: Memtable;
  #table = 0;
  #row = 0;

  constructor(memtable: Memtable) {
    this.#memtable = memtable;
  }

  /** About what all of them write together. */
  static sizeOfAll({ rows: { entries, tombstones }, rowLength }: Memtable): WriteHint {
    return { rows: entries.size + tombstones.size, bytes: rowLength };
  }

  /** About what the next slice of so many rows writes. */
  sizeOf(rowsMax: number): WriteHint {
    let [rows, scattered, bytes, row] = [0, 0, 0, this.#row];
    for (let table = this.#table; table < tableNames.length && rows < rowsMax; table++, row = 0) {
      const name = tableNames[table];
      const ordered = name === undefined ? [] : this.#memtable.rows[name].inOrder();
      if (name === 'entries' || name === 'tombstones') scattered += ordered.length - row;
      for (; row < ordered.length && rows < rowsMax; row++, rows++)
        bytes += ordered[row]?.stored?.length ?? 0;
    }
    return { rows: Math.min(scattered, rowsMax), bytes };
  }

  get isDone(): boolean {
    return this.#table === tableNames.length;
  }

  /** Writes the next rows. A slice may be written again, when what it was written with did not come to be. */
  write(tables: WriteTables, rowsMax: number): Slices {
    const next = new Slices(this.#memtable);
    next.#table = this.#table;
    next.#row = this.#row;
    for (let left = rowsMax; left > 0 && !next.isDone; ) left -= next.#writeTable(tables, left);
    return next;
  }

  /** The same with pauses, in which others read and are answered. */
  async writeInSteps(
    tables: WriteTables,
    rowsMax: number,
    defer: (run: () => void) => void,
  ): Promise<Slices> {
    let next = this.write(tables, Math.min(rowsMax, STEP_ROWS));
    for (let left = rowsMax - STEP_ROWS; left > 0 && !next.isDone; left -= STEP_ROWS) {
      await new Promise<void>((resume) => defer(resume));
      next = next.write(tables, Math.min(left, STEP_ROWS));
    }
    return next;
  }

  #writeTable(tables: WriteTables, rowsMax: number): number {
    const name = tableNames[this.#table];
    if (name === undefined) return rowsMax;
    const [from, rows] = [this.#row, this.#memtable.rows[name].inOrder()];
    this.#row = Math.min(rows.length, from + rowsMax);
    writeRows(tables, name, this.#memtable, from, this.#row);
    const written = this.#row - from;
    if (this.#row === rows.length) {
      this.#table++;
      this.#row = 0;
    }
    return written;
  }
}

function writeRows<Name extends TableName>(
  tables: WriteTables,
  name: Name,
  memtable: Memtable,
  from: number,
  to: number,
): void {
  const table: WriteTable<TableKeys[Name]> = tables[name];
  const rows: readonly MemRow<TableKeys[Name]>[] = memtable.rows[name].inOrder();
  for (let i = from; i < to; i++) {
    const row = rows[i];
    if (row === undefined) continue;
    if (row.stored === undefined) table.remove(row.key);
    else table.put(row.key, row.stored);
  }
}
