import { join } from 'node:path';
import type { ProtocolError } from '@confer/shared';
import { writeFailure } from '../errors.ts';
import type { LogRow } from '../log.ts';
import type { Journal } from '../storage.ts';
import { JournalFile } from './journal-file.ts';
import { recordBytes } from './record.ts';
import { type FileState, scanJournal } from './scan.ts';

/** A file is full once it has so much, and one record may go beyond that. */
const FILE_BYTES = 8 * 1024 * 1024;

const NAMES = ['journal-0', 'journal-1'];

interface WrittenFile extends FileState {
  readonly file: JournalFile;
}

export interface OpenedJournal {
  readonly journal: FileJournal;
  /** Those after `moved`, which the log's table does not have. */
  readonly rows: readonly LogRow[];
}

/**
 * Opens the journal of a history in a directory, or begins it. The table of the log has all up to
 * `moved`. Rejects where something acknowledged is damaged.
 */
export async function openJournal(
  directory: string,
  epoch: string,
  moved: number,
): Promise<OpenedJournal> {
  const opened: JournalFile[] = [];
  try {
    const contents: Buffer[] = [];
    for (const name of NAMES) {
      const { file, content } = await JournalFile.open(join(directory, name));
      opened.push(file);
      contents.push(content);
    }
    const { files, rows } = scanJournal(contents, epoch, moved);
    const written = opened.map((file, i) => ({ generation: 0, endBytes: 0, ...files[i], file }));
    return { journal: new FileJournal(written, directory, epoch), rows };
  } catch (error) {
    for (const file of opened) await file.close();
    throw error;
  }
}

/**
 * Two files, one of which is written until it is full; then the other is written anew from its
 * beginning, once the table has what was in it.
 */
export class FileJournal implements Journal {
  readonly #directory: string;
  readonly #epoch: string;
  #active: WrittenFile;
  #other: WrittenFile;
  #failure: ProtocolError | undefined;

  constructor(files: readonly WrittenFile[], directory: string, epoch: string) {
    const [active, other] = files.toSorted((a, b) => b.generation - a.generation);
    if (active === undefined || other === undefined) throw new Error('a journal has two files');
    this.#active = active.generation === 0 ? { ...active, generation: 1 } : active;
    this.#other = other;
    this.#directory = directory;
    this.#epoch = epoch;
  }

  get isFull(): boolean {
    return this.#active.endBytes >= FILE_BYTES;
  }

  /**
   * A write that fails otherwise than for want of room leaves open what reached the disk, and the next
   * one could not know where to begin. So none is tried any more until the process starts anew.
   */
  async append(rows: readonly LogRow[]): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    const { file, generation, endBytes } = this.#active;
    const buffers = recordBytes({ generation, rows }, this.#epoch);
    try {
      await file.write(buffers, endBytes);
    } catch (error) {
      const failure = writeFailure(error, this.#directory);
      if (failure.code !== 'storage_full') this.#failure = failure;
      throw failure;
    }
    const bytes = buffers.reduce((sum, { length }) => sum + length, 0);
    this.#active = { file, generation, endBytes: endBytes + bytes };
  }

  turn(): void {
    const { file } = this.#other;
    this.#other = this.#active;
    this.#active = { file, generation: this.#other.generation + 1, endBytes: 0 };
  }

  async close(): Promise<void> {
    await Promise.all([this.#active.file.close(), this.#other.file.close()]);
  }
}
