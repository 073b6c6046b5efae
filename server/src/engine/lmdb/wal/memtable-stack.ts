import { Memtable } from './memtable.ts';

/** What lies over the tables of the store. */
export class MemtableStack {
  #written = new Memtable();
  #active = new Memtable();
  #frozen: Memtable | undefined;
  #shown: readonly Memtable[] = [this.#active];
  #all: readonly Memtable[] = [this.#written, this.#active];

  /** What the transaction that is under way writes. */
  get written(): Memtable {
    return this.#written;
  }

  /** What the log has and the tables have not; the newest. */
  get active(): Memtable {
    return this.#active;
  }

  /** The same of the segment before, while a checkpoint writes it into the tables. */
  get frozen(): Memtable | undefined {
    return this.#frozen;
  }

  /** For those who only read, the newest first. */
  get shown(): readonly Memtable[] {
    return this.#shown;
  }

  /** For the one who writes, the newest first. */
  get all(): readonly Memtable[] {
    return this.#all;
  }

  /** A transaction begins. */
  begin(): Memtable {
    this.#written = new Memtable();
    this.#stack();
    return this.#written;
  }

  /** The next segment begins. */
  freeze(): void {
    this.#frozen = this.#active;
    this.#active = new Memtable();
    this.#stack();
  }

  /** The tables have what was frozen. */
  dropFrozen(): void {
    this.#frozen = undefined;
    this.#stack();
  }

  /** The tables have what the log has. */
  dropActive(): void {
    this.#active = new Memtable();
    this.#stack();
  }

  #stack(): void {
    this.#shown = this.#frozen === undefined ? [this.#active] : [this.#active, this.#frozen];
    this.#all = [this.#written, ...this.#shown];
  }
}
