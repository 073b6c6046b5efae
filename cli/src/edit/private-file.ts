import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { limits } from '@confer/shared';
import { exitCodes, Failure } from '../failure.ts';

/** A file that nobody else can read, in a directory that nobody else can enter, for what may be a secret. */
export class PrivateFile {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  static async make(name: string, bytes: Uint8Array): Promise<PrivateFile> {
    try {
      // It is made with the rights 0700.
      const directory = await mkdtemp(join(tmpdir(), 'confer-edit-'));
      const file = new PrivateFile(join(directory, name));
      try {
        await writeFile(file.path, bytes, { flag: 'wx', mode: 0o600 });
      } catch (error) {
        await file.remove();
        throw error;
      }
      return file;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new Failure(
        exitCodes.other,
        'unwritable',
        `there is no place for a file to edit: ${reason}`,
        'TMPDIR names a directory with room',
      );
    }
  }

  /** What the editor left. Editors put another file in its place, so it is asked for by its name. */
  async read(): Promise<Buffer> {
    try {
      const { size } = await stat(this.path);
      if (size > limits.commitBytesMax)
        throw new Failure(
          exitCodes.invalid,
          'too_large',
          `${this.path} has ${size} bytes, and a commit at most ${limits.commitBytesMax}`,
        );
      return await readFile(this.path);
    } catch (error) {
      if (error instanceof Failure) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      throw new Failure(exitCodes.other, 'unreadable', `the edited file cannot be read: ${reason}`);
    }
  }

  async write(bytes: Uint8Array): Promise<void> {
    await writeFile(this.path, bytes, { mode: 0o600 });
  }

  /** With all that an editor left beside it. */
  async remove(): Promise<void> {
    await rm(dirname(this.path), { recursive: true, force: true });
  }
}
