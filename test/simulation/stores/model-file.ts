import type { Clock } from '@confer/shared';
import type { LogFile } from '../../../server/src/engine/lmdb/wal/log-file.ts';
import type { ModelDisk } from './model-disk.ts';

const PAGE_BYTES = 4_096;

/** What the system says, by the code of its error. */
class SystemError extends Error {
  readonly code: string;

  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

export function isNoRoom(error: unknown): boolean {
  return error instanceof SystemError && error.code === 'ENOSPC';
}

/** A file whose writes are on the disk when they resolve. Some pages of one that fails may be there. */
export class ModelFile implements LogFile {
  readonly #disk: ModelDisk;
  readonly #clock: Clock;
  readonly #path: string;

  constructor(disk: ModelDisk, clock: Clock, path: string) {
    this.#disk = disk;
    this.#clock = clock;
    this.#path = path;
  }

  async read(bytesMax?: number): Promise<Buffer> {
    return Buffer.from(this.#content.subarray(0, bytesMax));
  }

  async write(bytes: Buffer, position: number): Promise<void> {
    const disk = this.#disk;
    const { random, faults } = disk.options;
    const whole = Buffer.from(bytes);
    const pages = random.int(0, Math.floor(whole.length / PAGE_BYTES));
    disk.underWay++;
    try {
      this.#put(whole.subarray(0, pages * PAGE_BYTES), position);
      await disk.work(this.#clock);
      const fate = faults.fate();
      if (fate === 'no room') throw new SystemError('ENOSPC');
      if (fate === 'failed') throw new SystemError('EIO');
      this.#put(whole, position);
      await disk.work(this.#clock);
      if (fate === 'failed late') throw new SystemError('EIO');
    } finally {
      disk.underWay--;
    }
  }

  async cut(bytes: number): Promise<void> {
    const disk = this.#disk;
    disk.underWay++;
    try {
      await disk.work(this.#clock);
      if (!disk.options.faults.mayTakeBack) throw new SystemError('EIO');
      disk.files.set(this.#path, this.#content.subarray(0, bytes));
    } finally {
      disk.underWay--;
    }
  }

  async close(): Promise<void> {}

  get #content(): Buffer {
    return this.#disk.files.get(this.#path) ?? Buffer.alloc(0);
  }

  /** In a buffer of its own: a copy of the disk keeps the one that it has. */
  #put(bytes: Buffer, position: number): void {
    const before = this.#content;
    const content = Buffer.alloc(Math.max(before.length, position + bytes.length));
    before.copy(content);
    bytes.copy(content, position);
    this.#disk.files.set(this.#path, content);
  }
}
