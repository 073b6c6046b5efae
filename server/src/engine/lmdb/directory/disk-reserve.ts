import { closeSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { diskBytes, roomBytes } from '../errors.ts';
import type { Reserve } from '../room.ts';
import type { StoreFiles } from './store-files.ts';

/** Room to bring the tables up to date with a full log of two segments, and for compaction after that. */
const RESERVE_BYTES_MAX = 16 * 1024 * 1024;
/** On a small disk, no more than this part of it. */
const DISK_PART_MAX = 1 / 16;
/** The disk must have so many times the reserve before it is taken back. */
const PLENTY = 3;
const CHUNK_BYTES = 64 * 1024;

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

  take(): boolean {
    if (this.#isWhole) return true;
    if (roomBytes(this.#files.directory) < this.bytes * PLENTY) return false;
    try {
      this.#fill();
      this.#isWhole = true;
    } catch {
      // What is taken is room for nobody but those who need it next.
      rmSync(this.#files.reserve, { force: true });
    }
    return this.#isWhole;
  }

  #fill(): void {
    const descriptor = openSync(this.#files.reserve, 'w');
    try {
      const chunk = Buffer.alloc(CHUNK_BYTES);
      for (let i = 0; i < chunk.length; i++) chunk[i] = this.#random() * 256;
      for (let written = 0; written < this.bytes; )
        written += writeSync(descriptor, chunk, 0, Math.min(CHUNK_BYTES, this.bytes - written));
    } finally {
      closeSync(descriptor);
    }
  }
}
