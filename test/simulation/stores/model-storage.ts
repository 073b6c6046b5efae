import type { Clock } from '@confer/shared';
import {
  type Storage,
  type StorageFailure,
  WriteFailure,
} from '../../../server/src/engine/lmdb/storage.ts';
import type { ReadTables, WriteTables } from '../../../server/src/engine/lmdb/tables.ts';
import type { ModelDisk } from './model-disk.ts';
import { readTables } from './model-tables.ts';

/**
 * LMDB's transactions, as far as the engine relies on them. One commits as a whole or not at all, finds no
 * room, fails, fails after it was written so that nobody knows, or is cut short by the end of the process
 * before or after it was written.
 */
export class ModelStorage implements Storage {
  readonly tables: ReadTables;
  readonly #disk: ModelDisk;
  readonly #clock: Clock;
  #shown;
  #failure: StorageFailure | undefined;

  constructor(disk: ModelDisk, clock: Clock) {
    this.#disk = disk;
    this.#clock = clock;
    this.#shown = disk.tables;
    this.tables = readTables(() => this.#shown);
  }

  async transaction<Result>(
    work: (tables: WriteTables) => Result | Promise<Result>,
  ): Promise<Result> {
    if (this.#failure !== undefined) throw new WriteFailure('nothing written', false, 'it is over');
    const disk = this.#disk;
    const { faults } = disk.options;
    disk.underWay++;
    const written = disk.tables.copy();
    try {
      const result = await work(written.written);
      await disk.work(this.#clock);
      const fate = faults.fate();
      if (fate === 'no room') throw new WriteFailure('nothing written', true, 'no room');
      if (fate === 'failed' && faults.mayTakeBack)
        throw new WriteFailure('nothing written', false, 'the disk failed');
      if (fate !== 'failed') disk.tables = written;
      await disk.work(this.#clock);
      if (fate !== 'done') throw this.#over();
      return result;
    } finally {
      disk.underWay--;
    }
  }

  show(): void {
    this.#shown = this.#disk.tables;
  }

  get failure(): StorageFailure | undefined {
    return this.#failure;
  }

  tend(): void {}

  freeBytes(): number {
    return 0;
  }

  async close(): Promise<void> {}

  #over(): WriteFailure {
    this.#failure = { reason: 'the disk failed late', isFinal: true };
    return new WriteFailure('unknown', false, 'the disk failed late');
  }
}
