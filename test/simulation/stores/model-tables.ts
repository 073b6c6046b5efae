import type { KeyCodec } from '../../../server/src/engine/lmdb/keys.ts';
import type { LongRow } from '../../../server/src/engine/lmdb/rows.ts';
import type {
  ReadTables,
  TableKeys,
  TableName,
  TableRange,
  WriteTable,
  WriteTables,
} from '../../../server/src/engine/lmdb/tables.ts';
import { tableKeys } from '../../../server/src/engine/lmdb/tables.ts';

interface Row<Key> {
  readonly key: Key;
  readonly value: string;
}

const room = Buffer.alloc(4_096);

/** A table of LMDB as directly as its words: rows in the order of the bytes of their keys. */
class ModelTable<Key> implements WriteTable<Key> {
  readonly #codec: KeyCodec<Key>;
  readonly #rows: Map<string, Row<Key>>;
  #ordered: readonly string[] | undefined;

  constructor(codec: KeyCodec<Key>, rows: ReadonlyMap<string, Row<Key>> = new Map()) {
    this.#codec = codec;
    this.#rows = new Map(rows);
  }

  copy(): ModelTable<Key> {
    return new ModelTable(this.#codec, this.#rows);
  }

  get(key: Key): string | undefined {
    return this.#rows.get(this.#bytesOf(key))?.value;
  }

  *rows({ start, end, reverse = false, limit }: TableRange<Key>): Generator<Row<Key>, void, void> {
    const [first, last] = [this.#bytesOf(start), this.#bytesOf(end)];
    this.#ordered ??= [...this.#rows.keys()].sort();
    const isWithin = (bytes: string) =>
      reverse ? bytes <= first && bytes > last : bytes >= first && bytes < last;
    const found = this.#ordered.filter(isWithin);
    if (reverse) found.reverse();
    for (const bytes of found.slice(0, limit)) {
      const row = this.#rows.get(bytes);
      if (row !== undefined) yield row;
    }
  }

  count(): number {
    return this.#rows.size;
  }

  put(key: Key, row: string | LongRow): void {
    const value = typeof row === 'string' ? row : row.text;
    this.#ordered = undefined;
    this.#rows.set(this.#bytesOf(key), { key, value });
  }

  remove(key: Key): void {
    this.#ordered = undefined;
    this.#rows.delete(this.#bytesOf(key));
  }

  /** Of each byte one character, which JavaScript compares as LMDB compares bytes. */
  #bytesOf(key: Key): string {
    return room.toString('latin1', 0, this.#codec.writeKey(key, room, 0));
  }
}

type AllTables = { readonly [Name in TableName]: ModelTable<TableKeys[Name]> };

/** All tables at one moment. Who writes takes a copy. */
export class ModelTables {
  readonly tables: AllTables;

  constructor(tables?: AllTables) {
    this.tables = tables ?? {
      entries: new ModelTable(tableKeys.entries),
      log: new ModelTable(tableKeys.log),
      values: new ModelTable(tableKeys.values),
      tombstones: new ModelTable(tableKeys.tombstones),
      tombstoneOrder: new ModelTable(tableKeys.tombstoneOrder),
      requests: new ModelTable(tableKeys.requests),
      meta: new ModelTable(tableKeys.meta),
    };
  }

  copy(): ModelTables {
    const { entries, log, values, tombstones, tombstoneOrder, requests, meta } = this.tables;
    return new ModelTables({
      entries: entries.copy(),
      log: log.copy(),
      values: values.copy(),
      tombstones: tombstones.copy(),
      tombstoneOrder: tombstoneOrder.copy(),
      requests: requests.copy(),
      meta: meta.copy(),
    });
  }

  get written(): WriteTables {
    return this.tables;
  }
}

/** What those read who have no transaction: each time what is shown by then. */
export function readTables(shown: () => ModelTables): ReadTables {
  const table = <Name extends TableName>(name: Name) => {
    const now = (): WriteTable<TableKeys[Name]> => shown().tables[name];
    return {
      get: (key: TableKeys[Name]) => now().get(key),
      rows: (range: TableRange<TableKeys[Name]>) => now().rows(range),
      count: () => now().count(),
    };
  };
  return {
    entries: table('entries'),
    log: table('log'),
    values: table('values'),
    tombstones: table('tombstones'),
    tombstoneOrder: table('tombstoneOrder'),
    requests: table('requests'),
    meta: table('meta'),
  };
}
