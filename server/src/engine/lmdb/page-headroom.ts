import { type FileHandle, open } from 'node:fs/promises';

/** The file grows by so much more than is needed: one write in many. */
const GROWTH_BYTES = 256 * 1024;

/** Written over and over: to get memory full of zeros takes 0.2 ms for each MiB, and a checkpoint may ask for thirty. */
const ZEROS = Buffer.alloc(1024 * 1024);

/**
 * The blocks of a file beyond what it has in use, taken before they are needed: so that a disk without room
 * says so here, by name, and never to LMDB amid a commit. For LMDB a short write is a broken disk, and
 * what lmdb-js 3.5.6 notes of one that fails is written beyond the end of its buffer.
 */
export class PageHeadroom {
  readonly #handle: FileHandle;
  /** At least. */
  #sizeBytes = 0;

  private constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  static async of(path: string): Promise<PageHeadroom> {
    return new PageHeadroom(await open(path, 'r+'));
  }

  /**
   * Takes more where there is less than that. What is free inside of the file counts, but is used twice as
   * fast: long texts need pages in a row. Rejects with the error of the system.
   */
  async have(usedBytes: number, aheadBytes: number, freeBytes: () => number): Promise<void> {
    const needed = usedBytes + aheadBytes;
    if (needed <= this.#sizeBytes) return;
    // LMDB may have made it longer itself.
    this.#sizeBytes = (await this.#handle.stat()).size;
    const missing = Math.ceil(needed - this.#sizeBytes - freeBytes() / 2);
    if (missing <= 0) return;
    try {
      await this.#grow(missing + GROWTH_BYTES);
    } catch (error) {
      // More was asked for than is needed.
      if (needed - freeBytes() / 2 > this.#sizeBytes) throw error;
    }
  }

  /** Lets go of what was taken ahead. */
  async giveBack(usedBytes: number): Promise<void> {
    const { size } = await this.#handle.stat();
    if (size > usedBytes) await this.#handle.truncate(usedBytes);
    this.#sizeBytes = usedBytes;
  }

  close(): Promise<void> {
    return this.#handle.close();
  }

  async #grow(bytes: number): Promise<void> {
    for (let left = bytes; left > 0; ) {
      const length = Math.min(left, ZEROS.length);
      const { bytesWritten } = await this.#handle.write(ZEROS, 0, length, this.#sizeBytes);
      left -= bytesWritten;
      this.#sizeBytes += bytesWritten;
    }
  }
}
