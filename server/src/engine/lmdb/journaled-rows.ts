import type { LogKey, TableRange } from './layout.ts';
import type { LogRow } from './log.ts';

/** A row as a table gives it. */
export interface ReadRow {
  readonly key: LogKey;
  readonly value: string;
}

/** The rows of the log that only the journal has, in memory, in the order of their keys. */
export class JournaledRows {
  #rows: LogRow[];
  #bytes = 0;

  constructor(rows: readonly LogRow[]) {
    this.#rows = [];
    this.add(rows);
  }

  get firstKey(): LogKey | undefined {
    return this.#rows[0]?.key;
  }

  get lastKey(): LogKey | undefined {
    return this.#rows.at(-1)?.key;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Rows that come after all others. */
  add(rows: readonly LogRow[]): void {
    for (const row of rows) {
      this.#rows.push(row);
      this.#bytes += row.bytes.length;
    }
  }

  /** The first of them, in whole commits: until there are so many or they are so large. */
  oldest(rowsMax: number, bytesMax: number): readonly LogRow[] {
    let bytes = 0;
    let count = 0;
    for (const { key, bytes: text } of this.#rows) {
      if ((count >= rowsMax || bytes >= bytesMax) && key[1] === 0) break;
      count++;
      bytes += text.length;
    }
    return this.#rows.slice(0, count);
  }

  /** Drops the first. */
  drop(rows: readonly LogRow[]): void {
    this.#rows = this.#rows.slice(rows.length);
    for (const { bytes } of rows) this.#bytes -= bytes.length;
  }

  get(key: LogKey): string | undefined {
    const row = this.#rows[this.#firstFrom(key)];
    return row !== undefined && compareKeys(row.key, key) === 0 ? row.bytes.toString() : undefined;
  }

  *range({ start, end, reverse = false }: TableRange<LogKey>): Generator<ReadRow> {
    const rows = this.#rows;
    if (reverse) {
      let i = this.#firstFrom(start);
      const at = rows[i];
      if (at === undefined || compareKeys(at.key, start) > 0) i--;
      for (; i >= 0; i--) {
        const row = rows[i];
        if (row === undefined || compareKeys(row.key, end) <= 0) return;
        yield { key: row.key, value: row.bytes.toString() };
      }
      return;
    }
    for (let i = this.#firstFrom(start); i < rows.length; i++) {
      const row = rows[i];
      if (row === undefined || compareKeys(row.key, end) >= 0) return;
      yield { key: row.key, value: row.bytes.toString() };
    }
  }

  /** Where the first row is whose key is not before this one. */
  #firstFrom(key: LogKey): number {
    let low = 0;
    let high = this.#rows.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const row = this.#rows[middle];
      if (row !== undefined && compareKeys(row.key, key) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function compareKeys(a: LogKey, b: LogKey): number {
  return a[0] - b[0] || a[1] - b[1];
}
