import { type FileHandle, lstat, mkdtemp, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { exitCodes, Failure, usageError } from '../failure.ts';

/** Roles and hashes of tokens are in it. */
const OWNER_ONLY = 0o600;

/**
 * A file that is there when it is whole, or not at all: it is written in a directory beside its place that nobody else
 * can enter. Who is killed leaves that directory.
 */
export class NewFile {
  readonly path: string;
  readonly handle: FileHandle;
  readonly #directory: string;
  readonly #replaces: boolean;

  private constructor(path: string, directory: string, handle: FileHandle, replaces: boolean) {
    this.path = path;
    this.#directory = directory;
    this.handle = handle;
    this.#replaces = replaces;
  }

  /** Refuses what is there already, unless it is to be replaced. */
  static async make(path: string, { replaces }: { readonly replaces: boolean }): Promise<NewFile> {
    await requirePlace(path, replaces);
    try {
      const directory = await mkdtemp(join(dirname(path), `${basename(path)}.unfinished-`));
      try {
        const handle = await open(join(directory, basename(path)), 'wx+', OWNER_ONLY);
        return new NewFile(path, directory, handle, replaces);
      } catch (error) {
        await rm(directory, { recursive: true, force: true });
        throw error;
      }
    } catch (error) {
      throw unwritable(path, error);
    }
  }

  /** Puts it on the disk, and in its place. */
  async keep(): Promise<void> {
    try {
      await this.handle.sync();
      await this.handle.close();
      // Another may have made it since the first look.
      await requirePlace(this.path, this.#replaces);
      await rename(join(this.#directory, basename(this.path)), this.path);
      await rm(this.#directory, { recursive: true, force: true });
      const parent = await open(dirname(this.path), 'r');
      await parent.sync().finally(() => parent.close());
    } catch (error) {
      throw error instanceof Failure ? error : unwritable(this.path, error);
    }
  }

  /** Leaves nothing; after `keep`, nothing but the file. */
  async discard(): Promise<void> {
    await this.handle.close().catch(() => {});
    await rm(this.#directory, { recursive: true, force: true });
  }
}

async function requirePlace(path: string, replaces: boolean): Promise<void> {
  const there = await lstat(path).catch(() => undefined);
  if (there === undefined) return;
  if (!there.isFile()) throw usageError(`${path} is there, and is no file that can be replaced`);
  if (!replaces) throw usageError(`${path} is there already`, 'name another file, or add --force');
}

export function unwritable(path: string, error: unknown): Failure {
  const reason = error instanceof Error ? error.message : String(error);
  return new Failure(exitCodes.other, 'unwritable', `${path} cannot be written: ${reason}`);
}
