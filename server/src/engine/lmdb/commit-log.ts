import { JournaledRows, type ReadRow } from './journaled-rows.ts';
import type { LogKey, LogTable, StoredTables, TableRange } from './layout.ts';
import { headOf, type LogRow } from './log.ts';
import type { Storage } from './storage.ts';

/** What one transaction moves: some milliseconds. A commit of many rows is not divided. */
const STEP_ROWS = 500;
const STEP_BYTES = 1024 * 1024;

const PART_MAX = 2 ** 32 - 1;

/**
 * Every commit in history: the youngest in the journal, and so in memory too; the others in the table.
 *
 * 1. Rows are appended to the journal. That is all that their writers wait for.
 * 2. One file of the journal is full: its rows are moved into the table in the background, and the
 *    next to append begins the other file anew.
 * 3. That is full as well before the rows of the first are moved: the next to append waits for it.
 * 4. The server dies: opening finds in the journal what was not moved.
 */
export class CommitLog implements LogTable {
  readonly #storage: Storage;
  readonly #table: StoredTables['log'];
  readonly #journaled: JournaledRows;
  /** The table has all up to this revision. */
  #moved: number;
  /** The last revision in the file of the journal that is not written to. */
  #turnedAt: number;
  #moving: Promise<void> | undefined;

  /** Throws where the journal does not go on where the table ends. */
  constructor(storage: Storage) {
    this.#storage = storage;
    this.#table = storage.tables.log;
    this.#moved = movedOf(storage.tables);
    const journaled = storage.takeJournaled();
    requireWhole(this.#moved, journaled);
    this.#journaled = new JournaledRows(journaled);
    this.#turnedAt = this.revision;
  }

  /** Of the last commit. */
  get revision(): number {
    return this.#journaled.lastKey?.[0] ?? this.#moved;
  }

  /** Resolves once the rows are on the disk. Rejects with a `ProtocolError`: none of them is. */
  async append(rows: readonly LogRow[]): Promise<void> {
    const { journal } = this.#storage;
    if (journal.isFull) {
      await this.moveUpTo(this.#turnedAt);
      journal.turn();
      this.#turnedAt = this.revision;
    }
    await journal.append(rows);
    this.#journaled.add(rows);
    // What fails here is tried again before a turn, and then the one who appends is told.
    if (journal.isFull) this.moveUpTo(this.revision).catch(() => undefined);
  }

  /** Moves rows until the table has all up to a revision. Rejects with a `ProtocolError`. */
  async moveUpTo(revision: number): Promise<void> {
    while (this.#moved < Math.min(revision, this.revision)) {
      this.#moving ??= this.#moveSome().finally(() => {
        this.#moving = undefined;
      });
      await this.#moving;
    }
  }

  get(key: LogKey): string | undefined {
    return this.#journaled.get(key) ?? this.#table.get(key);
  }

  *rows(range: TableRange<LogKey>): Generator<ReadRow> {
    const { reverse = false, limit = Number.POSITIVE_INFINITY } = range;
    const moved = this.#table.rows(this.#beforeJournaled(range));
    const journaled = this.#journaled.range(range);
    let left = limit;
    for (const rows of reverse ? [journaled, moved] : [moved, journaled])
      for (const row of rows) {
        if (left-- <= 0) return;
        yield row;
      }
  }

  remove(key: LogKey): void {
    this.#table.remove(key);
  }

  bytes(): number {
    return this.#table.bytes() + this.#journaled.bytes;
  }

  async #moveSome(): Promise<void> {
    const rows = this.#journaled.oldest(STEP_ROWS, STEP_BYTES);
    const upTo = rows.at(-1)?.key[0] ?? this.#moved;
    await this.#storage.write(() => {
      for (const { key, bytes } of rows) this.#table.put(key, bytes);
      this.#storage.tables.meta.put('moved', upTo);
    });
    this.#moved = upTo;
    this.#journaled.drop(rows);
  }

  /** The part of a range that is the table's: it shows rows that are being moved before it is told. */
  #beforeJournaled(range: TableRange<LogKey>): TableRange<LogKey> {
    const first = this.#journaled.firstKey;
    if (first === undefined) return range;
    const { start, end, reverse = false } = range;
    if (reverse) return start[0] < first[0] ? range : { ...range, start: [first[0] - 1, PART_MAX] };
    return end[0] < first[0] ? range : { ...range, end: first };
  }
}

/** Up to which revision the table of the log has all commits. */
export function movedOf({ meta }: Pick<StoredTables, 'meta'>): number {
  const moved = meta.get('moved');
  return typeof moved === 'number' ? moved : 0;
}

function requireWhole(moved: number, journaled: readonly LogRow[]): void {
  let revision = moved;
  for (const { key, bytes } of journaled) {
    const [first] = headOf(bytes.toString());
    if (first !== revision + 1 && key[1] === 0)
      throw new Error(`its journal lacks the commits from ${revision + 1} to ${first - 1}`);
    revision = key[0];
  }
}
