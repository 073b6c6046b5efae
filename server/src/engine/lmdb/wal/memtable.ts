import { type CooperativeSteps, TimeSlice } from '../../cooperative-steps.ts';
import type { LongRow } from '../rows.ts';
import type { TableKeys, TableName, TableRange } from '../tables.ts';
import { type KeyText, keyTexts } from './key-text.ts';

/** A row that was written since; where nothing is stored it was removed. */
export class MemRow<Key> {
  readonly text: KeyText;
  readonly key: Key;
  stored: string | LongRow | undefined;

  constructor(text: KeyText, key: Key, stored: string | LongRow | undefined) {
    this.text = text;
    this.key = key;
    this.stored = stored;
  }

  get row(): string | undefined {
    return typeof this.stored === 'object' ? this.stored.text : this.stored;
  }
}

/** About what a row takes beside its texts. */
const ROW_BYTES = 100;

/**
 * The rows of one table that were written last. Only what somebody asks for is made: an index when a row
 * is looked for by its key, and an order when a range is, of those that came since the last time. Most
 * rows of most tables are written into the tables of the store before anybody does.
 */
export class MemRows<Key> {
  readonly textOf: (key: Key) => KeyText;
  #index: Map<KeyText, MemRow<Key>> | undefined;
  #ordered: MemRow<Key>[] = [];
  /** As they came. While there is no index, later ones may stand for earlier ones of the same key. */
  #added: MemRow<Key>[] = [];
  #bytes = 0;
  #growth = 0;
  #removed = 0;
  #longest = 0;
  #rowLength = 0;

  constructor(textOf: (key: Key) => KeyText) {
    this.textOf = textOf;
  }

  /** How many were written. */
  get size(): number {
    return this.#ordered.length + this.#added.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Rows put less rows removed: what the table grew by, where no row is put twice. */
  get growth(): number {
    return this.#growth;
  }

  /** Tombstones: how often a row was removed. */
  get removed(): number {
    return this.#removed;
  }

  /** Of the texts of its rows. */
  get longest(): number {
    return this.#longest;
  }

  /** The texts of all its rows, as long as they are together. */
  get rowLength(): number {
    return this.#rowLength;
  }

  /** `undefined` where nothing is known of the key. */
  find(text: KeyText): MemRow<Key> | undefined {
    this.#index ??= this.#indexed();
    return this.#index.get(text);
  }

  set(key: Key, row: string | LongRow | undefined): void {
    this.take(new MemRow(this.textOf(key), key, row));
  }

  /** Takes a row as its own. */
  take(row: MemRow<Key>): void {
    const { stored } = row;
    const rowLength = stored?.length ?? 0;
    this.#bytes += ROW_BYTES + row.text.length + rowLength;
    this.#rowLength += rowLength;
    this.#longest = Math.max(this.#longest, rowLength);
    this.#growth += stored === undefined ? -1 : 1;
    if (stored === undefined) this.#removed++;
    const there = this.#index?.get(row.text);
    if (there !== undefined) {
      there.stored = stored;
      return;
    }
    this.#index?.set(row.text, row);
    this.#added.push(row);
  }

  /** Those of a range, in its order. */
  *range({ start, end, reverse = false }: TableRange<Key>): Generator<MemRow<Key>, void, void> {
    const ordered = this.inOrder();
    const first = this.textOf(start);
    const last = this.textOf(end);
    if (reverse) {
      for (let i = placeAfter(ordered, first) - 1; i >= 0; i--) {
        const row = ordered[i];
        if (row === undefined || row.text <= last) return;
        yield row;
      }
      return;
    }
    for (let i = placeOf(ordered, first); i < ordered.length; i++) {
      const row = ordered[i];
      if (row === undefined || row.text >= last) return;
      yield row;
    }
  }

  /** Of the same key, the last counts. */
  all(): readonly MemRow<Key>[] {
    return this.#ordered.length === 0 ? this.#added : this.#ordered.concat(this.#added);
  }

  /** One of each key. */
  inOrder(): readonly MemRow<Key>[] {
    if (this.#added.length > 0) {
      this.#ordered = merged(this.#ordered, lastOfEach(this.#added.sort(byText)));
      this.#added = [];
    }
    return this.#ordered;
  }

  /**
   * The same, made with pauses. A large commit is written in the order of the tree, and so are its rows: to see that
   * they are is all there is to do. Others are sorted in one turn.
   */
  *putInOrder(pace: TimeSlice): CooperativeSteps<void> {
    const added = this.#added;
    let last = this.#ordered.at(-1)?.text;
    for (const { text } of added) {
      if (last !== undefined && text <= last) {
        this.inOrder();
        return;
      }
      last = text;
      if (pace.isOver()) yield;
    }
    this.#ordered = this.#ordered.length === 0 ? added : this.#ordered.concat(added);
    this.#added = [];
  }

  #indexed(): Map<KeyText, MemRow<Key>> {
    const index = new Map(this.#ordered.map((row) => [row.text, row]));
    const added = this.#added;
    this.#added = [];
    for (const row of added) {
      const there = index.get(row.text);
      if (there !== undefined) there.stored = row.stored;
      else {
        index.set(row.text, row);
        this.#added.push(row);
      }
    }
    return index;
  }
}

type Texted = { readonly text: KeyText };

function byText(a: Texted, b: Texted): number {
  if (a.text === b.text) return 0;
  return a.text < b.text ? -1 : 1;
}

/** Of those in order that have the same text, the one that came last. */
function lastOfEach<Row extends Texted>(rows: Row[]): Row[] {
  const isDoubled = rows.some((row, i) => row.text === rows[i + 1]?.text);
  // safeguard: last-row-of-a-key-counts
  return isDoubled ? rows.filter((row, i) => row.text !== rows[i + 1]?.text) : rows;
}

/** Of two of the same text, the added one. */
function merged<Row extends Texted>(before: Row[], added: Row[]): Row[] {
  const last = before.at(-1);
  const [first] = added;
  if (last === undefined || first === undefined) return last === undefined ? added : before;
  if (last.text < first.text) return before.concat(added);
  const all: Row[] = [];
  let i = 0;
  for (const row of added) {
    for (let other = before[i]; other !== undefined && other.text < row.text; other = before[++i])
      all.push(other);
    if (before[i]?.text === row.text) i++;
    all.push(row);
  }
  return all.concat(before.slice(i));
}

/** Where the first of a list stands that is not before a text. */
function placeOf(ordered: readonly Texted[], text: KeyText): number {
  let low = 0;
  let high = ordered.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ordered[middle]?.text ?? '') < text) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The same for the first behind a text. */
function placeAfter(ordered: readonly Texted[], text: KeyText): number {
  const place = placeOf(ordered, text);
  return ordered[place]?.text === text ? place + 1 : place;
}

type MemRowsSums = Pick<MemRows<never>, 'bytes' | 'size' | 'removed' | 'rowLength'>;

type AllRows = { readonly [Name in TableName]: MemRows<TableKeys[Name]> };

/** What was written last, of all tables. It is in the write-ahead log, too. */
export class Memtable {
  readonly rows: AllRows = {
    entries: new MemRows(keyTexts.entries),
    log: new MemRows(keyTexts.log),
    values: new MemRows(keyTexts.values),
    tombstones: new MemRows(keyTexts.tombstones),
    tombstoneOrder: new MemRows(keyTexts.tombstoneOrder),
    requests: new MemRows(keyTexts.requests),
    meta: new MemRows(keyTexts.meta),
  };

  get bytes(): number {
    return this.#sum(({ bytes }) => bytes);
  }

  get size(): number {
    return this.#sum(({ size }) => size);
  }

  get removed(): number {
    return this.#sum(({ removed }) => removed);
  }

  get rowLength(): number {
    return this.#sum(({ rowLength }) => rowLength);
  }

  /** Puts all rows into the order of their tables. */
  *putInOrder(): CooperativeSteps<void> {
    const pace = new TimeSlice();
    const { entries, log, values, tombstones, tombstoneOrder, requests, meta } = this.rows;
    for (const rows of [entries, log, values, tombstones, tombstoneOrder, requests, meta]) {
      yield* rows.putInOrder(pace);
      yield;
    }
  }

  /** Takes what was written after it, which is of no use then by itself. */
  take(later: Memtable): void {
    takeAll(this.rows.entries, later.rows.entries);
    takeAll(this.rows.log, later.rows.log);
    takeAll(this.rows.values, later.rows.values);
    takeAll(this.rows.tombstones, later.rows.tombstones);
    takeAll(this.rows.tombstoneOrder, later.rows.tombstoneOrder);
    takeAll(this.rows.requests, later.rows.requests);
    takeAll(this.rows.meta, later.rows.meta);
  }

  #sum(of: (rows: MemRowsSums) => number): number {
    const { entries, log, values, tombstones, tombstoneOrder, requests, meta } = this.rows;
    return (
      of(entries) +
      of(log) +
      of(values) +
      of(tombstones) +
      of(tombstoneOrder) +
      of(requests) +
      of(meta)
    );
  }
}

function takeAll<Key>(rows: MemRows<Key>, later: MemRows<Key>): void {
  for (const row of later.all()) rows.take(row);
}
