import type { Client } from '@confer/client';
import { type Entry, isReserved, limits, pathProblem, ROOT } from '@confer/shared';
import type { Context } from '../context.ts';
import { exitCodes, Failure } from '../failure.ts';
import { counted } from '../output/text.ts';
import type { OpenBackup } from './read.ts';

export interface WriteThrough {
  readonly context: Context;
  readonly client: Client;
  readonly backup: OpenBackup;
  /** The subtree to write to. */
  readonly into: string;
  readonly note: string;
  readonly tell: (text: string) => void;
}

/** What came of it. */
export interface WrittenThrough {
  /** That are there now. */
  readonly entries: number;
  /** Of them, those that a restore before had written. */
  readonly found: number;
  readonly commits: number;
  readonly revision: number;
  /** Left out, because they are the server's own. */
  readonly own: number;
  /** Left out, because they lived by a lease. */
  readonly leased: number;
}

/** What one value is to be. */
interface Wanted {
  readonly path: string;
  readonly value: string;
}

/** One commit, where all of it fits: frames escape some characters, and say each path twice. */
const COMMIT_CHARACTERS_MAX = limits.commitBytesMax / 8;
/** Of a request: a commit of many parts takes long on a cluster. */
const REQUEST_TIMEOUT_MS = 60_000;

/**
 * Writes the values of a backup through a running server, to a subtree that holds nothing.
 *
 * 1. All of the backup is read first, so that nothing of a damaged one is written.
 * 2. It is written in the order of the tree, in one commit or several, each on the condition that nothing is there. So
 *    one that is broken off leaves the beginning of it, from which the next one goes on, and nothing is overwritten.
 * 3. What is there then is held against the backup.
 */
export async function writeThrough(write: WriteThrough): Promise<WrittenThrough> {
  const { client, context, into, tell } = write;
  const { signal } = context.terminal;
  await client.serverStatus({ signal });
  const left = await look(write);
  const found = await presentOf(write, 'not_empty');
  tell(`${counted(found, 'entry', 'entries')} of ${left.entries} are there already`);
  const commits = await writeFrom(write, found, left.entries);
  const present = await presentOf(write, 'not_restored');
  if (present !== left.entries)
    throw different(into, 'not_restored', `only ${present} of ${left.entries} entries are there`);
  const { revision } = await client.serverStatus({ signal });
  return { ...left, found, commits, revision };
}

/** Reads all of it: how much there is to write, and whether that can be there. */
async function look({ backup, into }: WriteThrough) {
  let [entries, own, leased] = [0, 0, 0];
  for await (const page of backup.entries())
    for (const entry of page) {
      if (isReserved(entry.path)) own++;
      else if (entry.lease !== undefined) leased++;
      else {
        entries++;
        requirePath(entry.path, below(into, entry.path));
      }
    }
  return { entries, own, leased };
}

function requirePath(path: string, placed: string): void {
  const problem = pathProblem(placed);
  if (problem === undefined) return;
  throw new Failure(
    exitCodes.invalid,
    'invalid_path',
    `${path} of the backup cannot be at ${placed}: ${problem}`,
  );
}

function below(into: string, path: string): string {
  return into === ROOT ? path : `${into}${path}`;
}

/** What is to be written, in the order of the tree. */
async function* wanted({ backup, into }: WriteThrough): AsyncGenerator<Wanted, void, void> {
  for await (const page of backup.entries())
    for (const { path, value, lease } of page)
      if (lease === undefined && !isReserved(path)) yield { path: below(into, path), value };
}

/** How many entries of the beginning of the backup are there; fails where there is anything else. */
async function presentOf(write: WriteThrough, code: 'not_empty' | 'not_restored'): Promise<number> {
  const { client, context, into } = write;
  const { pinRead } = await import('@confer/client/pages');
  const options = { signal: context.terminal.signal, timeoutMs: REQUEST_TIMEOUT_MS };
  const read = await pinRead(client, into, options);
  const expected = wanted(write);
  let present = 0;
  for await (const page of read.pages(into))
    for (const entry of page) {
      const next = await expected.next();
      if (next.done === true || !isSame(next.value, entry))
        throw different(into, code, `${entry.path} is there, and is not what the backup has next`);
      present++;
    }
  await expected.return();
  return present;
}

function isSame(wanted: Wanted, entry: Entry): boolean {
  return wanted.path === entry.path && wanted.value === entry.value;
}

function different(into: string, code: 'not_empty' | 'not_restored', what: string): Failure {
  return code === 'not_empty'
    ? new Failure(
        exitCodes.conflict,
        'not_empty',
        `${into} is not empty: ${what}; nothing was written`,
        'name a subtree that holds nothing, or remove what is there',
      )
    : new Failure(
        exitCodes.conflict,
        'not_restored',
        `something else wrote to ${into} meanwhile: ${what}`,
      );
}

/** Writes what comes behind the first entries; returns in how many commits. */
async function writeFrom(write: WriteThrough, first: number, all: number): Promise<number> {
  const writer = new PartWriter(write, all - first);
  let place = 0;
  for await (const one of wanted(write)) if (place++ >= first) await writer.add(one);
  await writer.flush();
  return writer.commits;
}

/** Gathers what becomes one commit. */
class PartWriter {
  readonly #write: WriteThrough;
  /** That are not written yet. */
  #left: number;
  /** The most that the server took, once it refused something. */
  #operationsMax: number = limits.operationsMax;
  #part: Wanted[] = [];
  #characters = 0;
  commits = 0;

  constructor(write: WriteThrough, left: number) {
    this.#write = write;
    this.#left = left;
  }

  async add(one: Wanted): Promise<void> {
    const characters = one.path.length * 2 + one.value.length;
    const isFull =
      this.#part.length >= this.#operationsMax ||
      this.#characters + characters > COMMIT_CHARACTERS_MAX;
    if (isFull && this.#part.length > 0) await this.flush();
    this.#part.push(one);
    this.#characters += characters;
  }

  async flush(): Promise<void> {
    const part = this.#part;
    this.#part = [];
    this.#characters = 0;
    for (let at = 0; at < part.length; ) {
      const some = part.slice(at, at + this.#operationsMax);
      if (await this.#commit(some)) at += some.length;
      else this.#operationsMax = Math.ceil(some.length / 2);
    }
  }

  /** `false` where it is too much for one commit of this server. */
  async #commit(part: readonly Wanted[]): Promise<boolean> {
    const { client, context, note, tell } = this.#write;
    const isLast = part.length === this.#left;
    const { ConferError } = await import('@confer/client');
    try {
      await client.commit({
        operations: part.map(({ path, value }) => ({ type: 'put', path, value })),
        conditions: part.map(({ path }) => ({ path, modRevision: 0 })),
        note: isLast ? note : `${note} (more follows)`,
        timeoutMs: REQUEST_TIMEOUT_MS,
        signal: context.terminal.signal,
      });
    } catch (error) {
      if (error instanceof ConferError && error.code === 'too_large' && part.length > 1)
        return false;
      throw error;
    }
    this.commits++;
    this.#left -= part.length;
    tell(`${counted(this.#left, 'entry', 'entries')} left to write`);
    return true;
  }
}
