import { constants, type Stats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { platform } from 'node:os';
import { basename } from 'node:path';
import { type FileIdentity, misplaced } from '../directory/same-file.ts';
import type { LogFile } from './log-file.ts';

/**
 * On Linux a write to a file that was opened so returns once it is on the disk: one call in place of
 * two. Elsewhere the flag is missing or does not reach through the cache of the disk (macOS).
 */
const WRITES_THROUGH = platform() === 'linux';
const FLAGS = constants.O_RDWR | (WRITES_THROUGH ? constants.O_DSYNC : 0);

/** A file grows by as much as it has, within these. */
const GROWTH_MIN_BYTES = 64 * 1024;
const GROWTH_MAX_BYTES = 1024 * 1024;

/**
 * A file whose writes are on the disk when they resolve (S1). It is made longer ahead of them, with
 * zeros, and then written over and over: a write that changes neither the length of a file nor where
 * its blocks are needs no more than itself on the disk, which takes half the time.
 */
export class SegmentFile implements LogFile {
  readonly #path: string;
  readonly #handle: FileHandle;
  readonly #identity: FileIdentity;
  #sizeBytes: number;

  private constructor(path: string, handle: FileHandle, stats: Stats) {
    this.#path = path;
    this.#handle = handle;
    this.#identity = stats;
    this.#sizeBytes = stats.size;
  }

  /** Rejects where the file is not there; `make` makes it. */
  static async open(path: string, make: boolean): Promise<SegmentFile> {
    const handle = await open(path, make ? FLAGS | constants.O_CREAT : FLAGS, 0o644);
    try {
      return new SegmentFile(path, handle, await handle.stat());
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  get descriptor(): number {
    return this.#handle.fd;
  }

  /** Why what is written would not be found again, or `undefined`. */
  problem(): string | undefined {
    return misplaced(this.#path, this.#identity);
  }

  async read(bytesMax = this.#sizeBytes): Promise<Buffer> {
    const content = Buffer.alloc(Math.min(bytesMax, this.#sizeBytes));
    let length = 0;
    while (length < content.length) {
      const { bytesRead } = await this.#handle.read(
        content,
        length,
        content.length - length,
        length,
      );
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    return content.subarray(0, length);
  }

  async write(bytes: Buffer, position: number): Promise<void> {
    const end = position + bytes.length;
    if (end > this.#sizeBytes) await this.#grow(end);
    await this.#writeAll(bytes, position).catch((error) => this.#throw(error));
    this.#sizeBytes = Math.max(this.#sizeBytes, end);
  }

  async cut(bytes: number): Promise<void> {
    const { size } = await this.#handle.stat();
    if (size > bytes) await this.#handle.truncate(bytes);
    await this.#handle.sync();
    this.#sizeBytes = bytes;
  }

  /** Node does not say which file it was that was open. */
  #throw(error: unknown): never {
    if (error instanceof Error) error.message = `${basename(this.#path)}: ${error.message}`;
    throw error;
  }

  close(): Promise<void> {
    return this.#handle.close();
  }

  /** Only makes the writes to come faster: where there is no room, it is left to them to say so. */
  async #grow(end: number): Promise<void> {
    const growth = Math.min(Math.max(this.#sizeBytes, GROWTH_MIN_BYTES), GROWTH_MAX_BYTES);
    const start = Math.max(this.#sizeBytes, end);
    await this.#writeAll(Buffer.alloc(growth), start).then(
      () => {
        this.#sizeBytes = start + growth;
      },
      () => undefined,
    );
  }

  async #writeAll(bytes: Buffer, position: number): Promise<void> {
    let written = 0;
    while (written < bytes.length) {
      const left = bytes.length - written;
      const { bytesWritten } = await this.#handle.write(bytes, written, left, position + written);
      written += bytesWritten;
    }
    if (!WRITES_THROUGH) await this.#handle.datasync();
  }
}
