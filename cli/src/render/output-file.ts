import type { Stats } from 'node:fs';
import { lstat, open, readFile, readlink, realpath, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { oneLine } from '../output/text.ts';

/** A file cannot be written, with its name and what the system says. */
export class OutputError extends Error {
  override readonly name = 'OutputError';
}

/** What is written beside a file, to take its place as a whole. */
export interface Staged {
  /** Where it is until then. */
  readonly temporary: string;
  /** Takes the place of the file, at once for whoever opens it. */
  commit(): Promise<void>;
  /** Leaves nothing behind. After `commit` it does nothing. */
  discard(): Promise<void>;
}

/** As many as Linux follows. */
const LINKS_MAX = 40;
const MODE = 0o644;

/** A file that is replaced as a whole: nobody ever reads half of it, and when that fails it stays as it is. */
export class OutputFile {
  readonly path: string;
  readonly #mode: number | undefined;

  /** `mode` is for what is written; without one, a file keeps its own and a new one gets 0644. */
  constructor(path: string, mode: number | undefined) {
    this.path = path;
    this.#mode = mode;
  }

  /** Whether it holds something else, or nothing. */
  async differs(content: Uint8Array): Promise<boolean> {
    try {
      return !(await readFile(this.path)).equals(content);
    } catch {
      // Why it cannot be read shows when it is to be written.
      return true;
    }
  }

  /** @throws {OutputError} the directory is missing or closed, the disk is full, ... */
  async stage(content: Uint8Array): Promise<Staged> {
    return this.#telling(async () => {
      // Where it is a link, what that leads to is replaced, and the link stays.
      const target = await targetOf(this.path, LINKS_MAX);
      const before = await statusOf(target);
      if (before !== undefined && !before.isFile()) throw new Error('it is no file');
      // A name that is always the same: what a process that was killed left there is written over.
      const temporary = join(dirname(target), `.${basename(target)}.confer`);
      const discard = () => rm(temporary, { force: true });
      try {
        await this.#write(temporary, content, before);
      } catch (error) {
        await discard();
        throw error;
      }
      const commit = () => this.#telling(() => rename(temporary, target));
      return { temporary, commit, discard };
    });
  }

  async #write(temporary: string, content: Uint8Array, before: Stats | undefined): Promise<void> {
    await rm(temporary, { force: true });
    // Never through a link that somebody put there, and for nobody else until its mode is right.
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(content);
      // Only root may give files away; for others it is theirs from now on.
      if (before !== undefined) await file.chown(before.uid, before.gid).catch(() => {});
      await file.chmod(this.#mode ?? (before === undefined ? MODE : before.mode & 0o7777));
      await file.sync();
    } finally {
      await file.close();
    }
  }

  async #telling<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new OutputError(oneLine(`${this.path} cannot be written: ${reason}`));
    }
  }
}

/** Where a path leads to in the end, also where nothing is there yet. */
async function targetOf(path: string, linksLeft: number): Promise<string> {
  const here = join(await realpath(dirname(resolve(path))), basename(path));
  const status = await statusOf(here);
  if (status?.isSymbolicLink() !== true) return here;
  if (linksLeft === 0) throw new Error('too many links');
  return targetOf(resolve(dirname(here), await readlink(here)), linksLeft - 1);
}

async function statusOf(path: string): Promise<Stats | undefined> {
  try {
    return await lstat(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
