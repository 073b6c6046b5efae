import type {
  ReadTable,
  ReadTables,
  TableKeys,
  TableName,
  TableRange,
  WriteTable,
  WriteTables,
} from '../tables.ts';
import { type KeyText, keyTexts } from './key-text.ts';
import type { MemRow, MemRows, Memtable } from './memtable.ts';

/** What lies over the tables of the store, the newest first. */
export type Layers = () => readonly Memtable[];

interface Row<Key> {
  readonly key: Key;
  readonly value: string;
}

/** The tables of a store as they are with what lies over them. */
export function layeredTables(base: ReadTables, layers: Layers): ReadTables {
  const over = <Name extends TableName>(name: Name) =>
    new Layered<TableKeys[Name]>(base[name], keyTexts[name], () =>
      layers().map(({ rows }) => rows[name]),
    );
  return {
    entries: over('entries'),
    log: over('log'),
    values: over('values'),
    deletions: over('deletions'),
    deletionOrder: over('deletionOrder'),
    requests: over('requests'),
    meta: over('meta'),
  };
}

/** The same for one who writes: into `written`, the newest of the layers. */
export function writtenTables(tables: ReadTables, written: Memtable): WriteTables {
  const into = <Name extends TableName>(name: Name): WriteTable<TableKeys[Name]> => {
    const table: ReadTable<TableKeys[Name]> = tables[name];
    const rows: MemRows<TableKeys[Name]> = written.rows[name];
    return {
      get: (key) => table.get(key),
      rows: (range) => table.rows(range),
      count: () => table.count(),
      put: (key, row) => rows.set(key, row),
      remove: (key) => rows.set(key, undefined),
    };
  };
  return {
    entries: into('entries'),
    log: into('log'),
    values: into('values'),
    deletions: into('deletions'),
    deletionOrder: into('deletionOrder'),
    requests: into('requests'),
    meta: into('meta'),
  };
}

class Layered<Key> implements ReadTable<Key> {
  readonly #base: ReadTable<Key>;
  readonly #textOf: (key: Key) => KeyText;
  readonly #layers: () => readonly MemRows<Key>[];

  constructor(
    base: ReadTable<Key>,
    textOf: (key: Key) => KeyText,
    layers: () => readonly MemRows<Key>[],
  ) {
    this.#base = base;
    this.#textOf = textOf;
    this.#layers = layers;
  }

  get(key: Key): string | undefined {
    let text: KeyText | undefined;
    for (const layer of this.#layers()) {
      if (layer.size === 0) continue;
      text ??= this.#textOf(key);
      const found = layer.find(text);
      if (found !== undefined) return found.row;
    }
    return this.#base.get(key);
  }

  rows(range: TableRange<Key>): Iterable<Row<Key>> {
    const layers = this.#layers().filter(({ size }) => size > 0);
    if (layers.length === 0) return this.#base.rows(range);
    const { limit, ...unlimited } = range;
    let rows: Iterable<Row<Key>> = this.#base.rows(unlimited);
    for (const layer of [...layers].reverse()) rows = overlaid(rows, layer, range);
    return limit === undefined ? rows : firstOf(rows, limit);
  }

  count(): number {
    return this.#layers().reduce((count, { growth }) => count + growth, this.#base.count());
  }
}

function* firstOf<Key>(rows: Iterable<Row<Key>>, limit: number): Generator<Row<Key>, void, void> {
  let left = limit;
  if (left <= 0) return;
  for (const row of rows) {
    yield row;
    if (--left === 0) return;
  }
}

/** Rows of a range with those of a layer in the place of the ones of the same key. */
function* overlaid<Key>(
  below: Iterable<Row<Key>>,
  layer: MemRows<Key>,
  range: TableRange<Key>,
): Generator<Row<Key>, void, void> {
  const above = layer.range(range);
  let next = above.next();
  for (const row of below) {
    const text = next.done === true ? '' : layer.textOf(row.key);
    let isReplaced = false;
    for (; next.done !== true; next = above.next()) {
      const order = orderOf(next.value.text, text, range.reverse === true);
      if (order > 0) break;
      if (order === 0) isReplaced = true;
      if (isThere(next.value)) yield { key: next.value.key, value: next.value.row };
    }
    if (!isReplaced) yield row;
  }
  for (; next.done !== true; next = above.next())
    if (isThere(next.value)) yield { key: next.value.key, value: next.value.row };
}

function isThere<Key>(row: MemRow<Key>): row is MemRow<Key> & { readonly row: string } {
  return row.row !== undefined;
}

function orderOf(a: KeyText, b: KeyText, isReverse: boolean): number {
  if (a === b) return 0;
  return a < b === isReverse ? 1 : -1;
}
