import { DamageError } from './damage.ts';
import { DAMAGED, type LongRow } from './rows.ts';
import { numberIn, pagesOf } from './stats.ts';
import type { ReadTable, TableRange, WriteTable } from './tables.ts';

/** What readers of the tables see. */
export type View<Transaction> = () => {
  readonly transaction: Transaction;
  /** Another transaction is being written, maybe over several turns. */
  readonly isWriting: boolean;
};

/** What a table needs of a database of lmdb-js. */
interface RowDatabase<K, Transaction> {
  get(key: K, options?: { readonly transaction?: Transaction }): string | undefined;
  getRange(
    options: Partial<TableRange<K>> & { inclusiveEnd?: boolean; transaction?: Transaction },
  ): Iterable<{ readonly key: K; readonly value: string }>;
  put(key: K, row: string | LongRow): unknown;
  remove(key: K): unknown;
  getStats(): object;
}

/** A table as the transaction that is under way sees it. */
export class Table<K, Transaction> implements WriteTable<K> {
  readonly #name: string;
  readonly #database: RowDatabase<K, Transaction>;
  readonly #onDamage: (damage: Error) => void;

  constructor(
    name: string,
    database: RowDatabase<K, Transaction>,
    onDamage: (damage: Error) => void,
  ) {
    this.#name = name;
    this.#database = database;
    this.#onDamage = onDamage;
  }

  /** The same table as those see it who only read. */
  shown(view: View<Transaction>): ReadTable<K> {
    return {
      get: (key) => {
        const { transaction, isWriting } = view();
        // While a transaction is being written, lmdb-js gets keys from that, whatever it is told.
        if (!isWriting) return this.#checked(key, this.#database.get(key, { transaction }));
        return this.#checked(key, this.#first(key, transaction));
      },
      rows: (range) => this.#rows({ ...range, transaction: view().transaction }),
      count: () => this.count(),
    };
  }

  get(key: K): string | undefined {
    return this.#checked(key, this.#database.get(key));
  }

  rows(range: TableRange<K>): Iterable<{ readonly key: K; readonly value: string }> {
    return this.#rows({ ...range });
  }

  put(key: K, row: string | LongRow): void {
    this.#database.put(key, row);
  }

  remove(key: K): void {
    this.#database.remove(key);
  }

  count(): number {
    return numberIn(this.#database.getStats(), 'entryCount');
  }

  pages(): number {
    return pagesOf(this.#database.getStats());
  }

  *#rows(range: TableRange<K> & { transaction?: Transaction }): Generator<{
    readonly key: K;
    readonly value: string;
  }> {
    for (const row of this.#database.getRange(range)) {
      if (row.value === DAMAGED) throw this.#damage(row.key);
      yield row;
    }
  }

  #first(key: K, transaction: Transaction): string | undefined {
    const exact = { start: key, end: key, inclusiveEnd: true, transaction };
    for (const { value } of this.#database.getRange(exact)) return value;
    return undefined;
  }

  #checked(key: K, row: string | undefined): string | undefined {
    if (row === DAMAGED) throw this.#damage(key);
    return row;
  }

  #damage(key: K): DamageError {
    const what = `the row of ${JSON.stringify(key)} in the table ${this.#name}`;
    const damage = new DamageError(what);
    this.#onDamage(damage);
    return damage;
  }
}
