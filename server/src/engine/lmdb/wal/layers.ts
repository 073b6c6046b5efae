import type { LongRow } from '../rows.ts';
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
import type { MemRows, Memtable } from './memtable.ts';

/** What lies over the tables of the store, the newest first. */
export type Layers = () => readonly Memtable[];

interface Row<Key> {
  readonly key: Key;
  readonly value: string;
}

/** The tables of a store as they are with what lies over them. */
export function layeredTables(base: ReadTables, layers: Layers): ReadTables {
  const over = <Name extends TableName>(name: Name): ReadTable<TableKeys[Name]> =>
    new Layered<Name>(name, base[name], layers);
  return {
    entries: over('entries'),
    log: over('log'),
    values: over('values'),
    tombstones: over('tombstones'),
    tombstoneOrder: over('tombstoneOrder'),
    requests: over('requests'),
    meta: over('meta'),
  };
}

/** The same for one who writes: into `written`, the newest of the layers. */
export function writtenTables(
  base: ReadTables,
  layers: Layers,
  written: () => Memtable,
): WriteTables {
  const into = <Name extends TableName>(name: Name): WriteTable<TableKeys[Name]> =>
    new Written<Name>(name, base[name], layers, written);
  return {
    entries: into('entries'),
    log: into('log'),
    values: into('values'),
    tombstones: into('tombstones'),
    tombstoneOrder: into('tombstoneOrder'),
    requests: into('requests'),
    meta: into('meta'),
  };
}

class Layered<Name extends TableName> implements ReadTable<TableKeys[Name]> {
  readonly #name: Name;
  readonly #base: ReadTable<TableKeys[Name]>;
  readonly #textOf: (key: TableKeys[Name]) => KeyText;
  readonly #layers: Layers;

  constructor(name: Name, base: ReadTable<TableKeys[Name]>, layers: Layers) {
    this.#name = name;
    this.#base = base;
    this.#textOf = keyTexts[name];
    this.#layers = layers;
  }

  get(key: TableKeys[Name]): string | undefined {
    let text: KeyText | undefined;
    for (const { rows } of this.#layers()) {
      const layer: MemRows<TableKeys[Name]> = rows[this.#name];
      if (layer.size === 0) continue;
      text ??= this.#textOf(key);
      const found = layer.find(text);
      if (found !== undefined) return found.row;
    }
    return this.#base.get(key);
  }

  rows(range: TableRange<TableKeys[Name]>): Iterable<Row<TableKeys[Name]>> {
    const layers = this.#rows().filter(({ size }) => size > 0);
    if (layers.length === 0) return this.#base.rows(range);
    const { limit, ...unlimited } = range;
    let rows: Iterable<Row<TableKeys[Name]>> = this.#base.rows(unlimited);
    for (const layer of [...layers].reverse()) rows = overlaid(rows, layer, range);
    return limit === undefined ? rows : firstOf(rows, limit);
  }

  count(): number {
    return this.#rows().reduce((count, { growth }) => count + growth, this.#base.count());
  }

  #rows(): readonly MemRows<TableKeys[Name]>[] {
    return this.#layers().map(({ rows }) => rows[this.#name]);
  }
}

class Written<Name extends TableName> extends Layered<Name> implements WriteTable<TableKeys[Name]> {
  readonly #name: Name;
  readonly #written: () => Memtable;

  constructor(
    name: Name,
    base: ReadTable<TableKeys[Name]>,
    layers: Layers,
    written: () => Memtable,
  ) {
    super(name, base, layers);
    this.#name = name;
    this.#written = written;
  }

  put(key: TableKeys[Name], row: string | LongRow): void {
    this.#set(key, row);
  }

  remove(key: TableKeys[Name]): void {
    this.#set(key, undefined);
  }

  #set(key: TableKeys[Name], row: string | LongRow | undefined): void {
    const rows: MemRows<TableKeys[Name]> = this.#written().rows[this.#name];
    rows.set(key, row);
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
      const { key, row } = next.value;
      if (row !== undefined) yield { key, value: row };
    }
    if (!isReplaced) yield row;
  }
  for (; next.done !== true; next = above.next()) {
    const { key, row } = next.value;
    if (row !== undefined) yield { key, value: row };
  }
}

function orderOf(a: KeyText, b: KeyText, isReverse: boolean): number {
  if (a === b) return 0;
  return a < b === isReverse ? 1 : -1;
}
