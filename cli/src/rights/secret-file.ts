import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { exitCodes, Failure, usageError } from '../failure.ts';

/** Read and written by its owner alone. */
const OWNER_ONLY = 0o600;

/**
 * A file that takes a secret. It is made before the secret is: one that cannot be written after that is a secret that
 * nobody has.
 */
export class SecretFile {
  readonly path: string;
  /** What is written, and put in the place of `path` when it is whole. */
  readonly #written: string;
  readonly #handle: FileHandle;

  private constructor(path: string, written: string, handle: FileHandle) {
    this.path = path;
    this.#written = written;
    this.#handle = handle;
  }

  /** Refuses what is there already, unless it is to be replaced. */
  static async make(
    path: string,
    { replaces }: { readonly replaces: boolean },
  ): Promise<SecretFile> {
    const written = replaces ? `${path}.new` : path;
    try {
      return new SecretFile(path, written, await open(written, 'wx', OWNER_ONLY));
    } catch (error) {
      const isThere = error instanceof Error && 'code' in error && error.code === 'EEXIST';
      const hint = 'name another file, or move that one away';
      if (isThere) throw usageError(`--out: ${written} is there already`, hint);
      const reason = error instanceof Error ? error.message : String(error);
      throw usageError(`--out: ${path} cannot be written: ${reason}`);
    }
  }

  async keep(secret: string): Promise<void> {
    try {
      await this.#handle.writeFile(`${secret}\n`);
      await this.#handle.sync();
      await this.#handle.close();
      if (this.#written !== this.path) await rename(this.#written, this.path);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new Failure(
        exitCodes.other,
        'not_kept',
        `the token was made, but ${this.path} could not be written: ${reason}`,
        'nobody has the token now: rotate it, with another --out',
      );
    }
  }

  /** No secret came to be. */
  async discard(): Promise<void> {
    await this.#handle.close();
    await rm(this.#written, { force: true });
  }
}
