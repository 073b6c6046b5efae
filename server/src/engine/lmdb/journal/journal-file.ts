import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { platform } from 'node:os';

/**
 * On Linux a write to a file that was opened so returns once it is on the disk: one call in place of
 * two. Elsewhere the flag is missing or does not reach through the cache of the disk (macOS).
 */
const WRITES_THROUGH = platform() === 'linux';
const FLAGS = constants.O_RDWR | constants.O_CREAT | (WRITES_THROUGH ? constants.O_DSYNC : 0);

/** A file grows by as much as it has, within these. */
const GROWTH_MIN_BYTES = 64 * 1024;
const GROWTH_MAX_BYTES = 1024 * 1024;

/**
 * A file whose writes are on the disk when they resolve (S1). It is made longer ahead of them, with
 * zeros, and then written over and over: a write that changes neither the length of a file nor where
 * its blocks are needs no more than itself on the disk, which takes half the time.
 */
export class JournalFile {
  readonly #handle: FileHandle;
  #sizeBytes: number;

  private constructor(handle: FileHandle, sizeBytes: number) {
    this.#handle = handle;
    this.#sizeBytes = sizeBytes;
  }

  /** Makes the file when it is not there, and reads what it holds. */
  static async open(path: string): Promise<{ file: JournalFile; content: Buffer }> {
    const handle = await open(path, FLAGS, 0o644);
    try {
      const content = await handle.readFile();
      return { file: new JournalFile(handle, content.length), content };
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** Rejects with the error of the system; part of it may then be in the file. */
  async write(buffers: readonly Buffer[], position: number): Promise<void> {
    const end = position + buffers.reduce((sum, { length }) => sum + length, 0);
    if (end > this.#sizeBytes) await this.#grow(end);
    await this.#writeAll(buffers, position);
    this.#sizeBytes = Math.max(this.#sizeBytes, end);
  }

  close(): Promise<void> {
    return this.#handle.close();
  }

  /** Only makes the writes to come faster: where there is no room, it is left to them to say so. */
  async #grow(end: number): Promise<void> {
    const growth = Math.min(Math.max(this.#sizeBytes, GROWTH_MIN_BYTES), GROWTH_MAX_BYTES);
    const start = Math.max(this.#sizeBytes, end);
    await this.#writeAll([Buffer.alloc(growth)], start).then(
      () => {
        this.#sizeBytes = start + growth;
      },
      () => undefined,
    );
  }

  async #writeAll(buffers: readonly Buffer[], position: number): Promise<void> {
    let rest = buffers;
    let at = position;
    while (rest.length > 0) {
      const { bytesWritten } = await this.#handle.writev(rest, at);
      rest = after(rest, bytesWritten);
      at += bytesWritten;
    }
    if (!WRITES_THROUGH) await this.#handle.datasync();
  }
}

/** What is left of some buffers when so many bytes of them are written. */
function after(buffers: readonly Buffer[], bytes: number): readonly Buffer[] {
  let left = bytes;
  for (const [i, buffer] of buffers.entries()) {
    if (buffer.length > left) return [buffer.subarray(left), ...buffers.slice(i + 1)];
    left -= buffer.length;
  }
  return [];
}
