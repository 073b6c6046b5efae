import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { exitCodes, Failure, usageError } from '../failure.ts';
import type { Terminal } from '../terminal.ts';
import { ContextsProblem, formatContexts, parseContexts } from './format.ts';
import { type Contexts, NO_CONTEXTS } from './profile.ts';

type Env = Terminal['env'];

/** Far more than a thousand contexts need. */
const FILE_BYTES_MAX = 1024 * 1024;
/** Whoever can write the file sends a token to a server of their choice. */
const WRITTEN_BY_OTHERS = 0o022;
/** A command that changes the file takes milliseconds; one that has begun longer ago has died. */
const WRITER_DIED_MS = 10_000;

/** Where the contexts of this user are kept; `undefined` where the surroundings name no home. */
export function contextsFile({ XDG_CONFIG_HOME, HOME }: Env): string | undefined {
  if (XDG_CONFIG_HOME !== undefined && isAbsolute(XDG_CONFIG_HOME))
    return join(XDG_CONFIG_HOME, 'confer', 'contexts.json');
  return HOME ? join(HOME, '.config', 'confer', 'contexts.json') : undefined;
}

/**
 * The contexts of this user; none where there is no file. Read at once and not later, because what a command runs with
 * is known before it starts.
 */
export function readContexts(env: Env): Contexts {
  const file = contextsFile(env);
  return file === undefined ? NO_CONTEXTS : readFile(file);
}

/**
 * Changes the file. The new one is whole and on the disk before it takes the place of the old one, and two commands
 * at once do not undo each other: the name of the new file is the lock.
 */
export function changeContexts(
  { env, clock }: Pick<Terminal, 'env' | 'clock'>,
  change: (contexts: Contexts) => Contexts,
): void {
  const place = contextsFile(env);
  if (place === undefined)
    throw usageError('there is no place for contexts', 'set HOME or XDG_CONFIG_HOME');
  try {
    mkdirSync(dirname(place), { recursive: true, mode: 0o700 });
    const file = behindLinks(place);
    const written = `${file}.new`;
    const handle = openNew(written, clock.now());
    try {
      writeFileSync(handle, formatContexts(change(readFile(file))));
      fsyncSync(handle);
      renameSync(written, file);
    } catch (error) {
      rmSync(written, { force: true });
      throw error;
    } finally {
      closeSync(handle);
    }
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure(exitCodes.other, 'unwritable', `${place} cannot be written: ${say(error)}`);
  }
}

/** Between two looks at who has the name, he may be done, and the next one have it. */
const TRIES = 5;

function openNew(written: string, now: number): number {
  for (let tries = 0; tries < TRIES; tries++) {
    try {
      return openSync(written, 'wx', 0o600);
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
    }
    const there = statSync(written, { throwIfNoEntry: false });
    if (there === undefined) continue;
    if (now - there.mtimeMs < WRITER_DIED_MS) break;
    rmSync(written, { force: true });
  }
  throw new Failure(
    exitCodes.conflict,
    'busy',
    `another confer is changing the contexts: ${written} is there`,
    'try again; what a command left that died is taken away after ten seconds',
  );
}

function readFile(file: string): Contexts {
  try {
    const { size, mode } = statSync(file);
    if (size > FILE_BYTES_MAX) throw new ContextsProblem('it is larger than contexts can be');
    if ((mode & WRITTEN_BY_OTHERS) !== 0)
      throw new Failure(
        exitCodes.invalid,
        'contexts_file',
        `${file} can be written by others, so its contexts are not used`,
        `chmod 600 ${file}`,
      );
    return parseContexts(readFileSync(file, 'utf8'));
  } catch (error) {
    if (error instanceof Failure) throw error;
    // An account without a home may have a file, such as /dev/null, in the place of one.
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return NO_CONTEXTS;
    throw new Failure(
      exitCodes.invalid,
      'contexts_file',
      `the contexts in ${file} cannot be used: ${say(error)}`,
      'mend the file, or move it away and add the contexts again; commands with --url do without it',
    );
  }
}

/** A link, as from a directory of dotfiles, stays one. */
function behindLinks(place: string): string {
  try {
    return realpathSync(place);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return place;
    throw error;
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

function say(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
