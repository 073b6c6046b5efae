import { WriteFailure } from './storage.ts';

/** Room that is kept back on the disk for what makes room: deletes, compaction, a clean stop. */
export interface Reserve {
  readonly bytes: number;
  /** Lets it go for whoever writes next; `false` where it is gone already. */
  release(): boolean;
  /** Takes it back where the disk has plenty; `true` when it is whole. */
  take(): boolean;
}

/**
 * Who may write on a disk that is full. Writes that make room in the end may use what was kept back.
 * All others wait for room: inside of the file, where deletes and compaction leave it, or on the disk.
 *
 * 1. A transaction finds no room. From now on writers are refused before they try, so that the rest is
 *    there for those that make room.
 * 2. One of those finds none either: it gets the reserve, and tries again.
 * 3. The file has as much free inside as the reserve was: writers are let in, and use that.
 * 4. The disk has room again: the reserve is taken back, and all is as before.
 */
export class DiskCapacity {
  readonly #reserve: Reserve;
  readonly #freeBytes: () => number;
  #isShort = false;

  constructor(reserve: Reserve, freeBytes: () => number) {
    this.#reserve = reserve;
    this.#freeBytes = freeBytes;
  }

  get isShort(): boolean {
    return this.#isShort;
  }

  /** Throws a `WriteFailure` where a write must not even be tried. */
  admit(isFreeing: boolean): void {
    if (!this.#isShort || isFreeing || this.#freeBytes() >= this.#reserve.bytes) return;
    if (this.#isPlenty()) return;
    throw new WriteFailure(
      'nothing written',
      true,
      'the disk is full; delete, compact, or free room',
    );
  }

  /** A transaction found no room. Whether there is some now, so that it is worth another try. */
  hasMoreFor(isFreeing: boolean): boolean {
    this.#isShort = true;
    return isFreeing && this.#reserve.release();
  }

  /** Looks whether the disk is as it was, after something was written. */
  wrote(): void {
    if (this.#isShort) this.#isPlenty();
  }

  // safeguard: disk-that-is-well-again-is-used
  #isPlenty(): boolean {
    const isPlenty = this.#reserve.take() || this.#freeBytes() >= 2 * this.#reserve.bytes;
    if (isPlenty) this.#isShort = false;
    return isPlenty;
  }
}
