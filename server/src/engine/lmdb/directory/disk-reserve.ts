import { closeSync, fstatSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import type { Reserve } from '../disk-capacity.ts';
import { diskBytes, roomBytes } from '../errors.ts';
import type { StoreFiles } from './store-files.ts';

/**
 * Room to bring the tables up to date with a full log: what its two segments hold is new for the larger part,
 * and a few slices of it take a page for each row until their old pages are free.
 */
const RESERVE_BYTES_MAX = 48 * 1024 * 1024;
/** On a small disk, no more than this part of it: segments are smaller there, too. */
const DISK_PART_MAX = 1 / 8;
/** The disk must have so many times the reserve before it is taken back. */
const PLENTY = 3;
const CHUNK_BYTES = 64 * 1024;
/** Some milliseconds of the disk. */
const STEP_BYTES = 4 * 1024 * 1024;

/**
 * A file of no meaning that takes room on the disk until that is needed. It is filled with what no file
 * system can leave out or press together.
 */
export class DiskReserve implements Reserve {
  readonly bytes: number;
  readonly #files: StoreFiles;
  readonly #random: () => number;
  #isWhole: boolean;

  constructor(files: StoreFiles, random: () => number) {
    this.#files = files;
    this.#random = random;
    this.bytes = Math.min(
      RESERVE_BYTES_MAX,
      Math.floor(diskBytes(files.directory) * DISK_PART_MAX),
    );
    const there = statSync(files.reserve, { throwIfNoEntry: false });
    this.#isWhole = there !== undefined && there.size >= this.bytes;
  }

  release(): boolean {
    const there = statSync(this.#files.reserve, { throwIfNoEntry: false });
    this.#isWhole = false;
    if (there === undefined || there.size === 0) return false;
    rmSync(this.#files.reserve, { force: true });
    return true;
  }

  /** Takes some of it, so that nobody waits for the disk as long as all of it takes. */
  take(): boolean {
    if (this.#isWhole) return true;
    if (roomBytes(this.#files.directory) < this.bytes * PLENTY) return false;
    try {
      this.#isWhole = this.#grow();
    } catch {
      // What is taken is room for nobody but those who need it next.
      rmSync(this.#files.reserve, { force: true });
    }
    return this.#isWhole;
  }

  /** Takes all of it, if the disk has plenty. */
  takeAll(): void {
    for (let steps = Math.ceil(this.bytes / STEP_BYTES); steps > 0 && !this.take(); steps--);
  }

  /** Returns whether it is whole. */
  #grow(): boolean {
    const descriptor = openSync(this.#files.reserve, 'a');
    try {
      const chunk = Buffer.alloc(CHUNK_BYTES);
      for (let i = 0; i < chunk.length; i++) chunk[i] = this.#random() * 256;
      let { size } = fstatSync(descriptor);
      const end = Math.min(this.bytes, size + STEP_BYTES);
      while (size < end) size += writeSync(descriptor, chunk, 0, Math.min(CHUNK_BYTES, end - size));
      return size >= this.bytes;
    } finally {
      closeSync(descriptor);
    }
  }
}
