import { readFileSync, statSync } from 'node:fs';
import {
  type Clock,
  type Data,
  flatten,
  ROOT,
  readValue,
  subtreeProblem,
  type Timer,
} from '@confer/shared';
import { callBack } from '../delivery/listener-queue.ts';
import { ConferError } from '../errors.ts';
import type { OverrideSource } from '../local-api.ts';
import { messageOf } from '../make-error.ts';
import { isObject } from '../validation/argument-types.ts';

/** A file is looked at this often: watching one misses what editors, mounts and symbolic links do. */
const LOOK_MS = 1_000;
/** A file of more is a mistake. */
const BYTES_MAX = 4 * 1024 * 1024;
/** As many paths as a line names. */
const NAMED_MAX = 10;

/**
 * The file in which the operator of a machine puts values over those of the server: JSON, whose keys are paths and
 * whose values are data by the scalar convention. Read anew when it changes; without it nothing is put over anything.
 * One that is damaged changes nothing and is reported.
 *
 *     { "/svc/orders/pool/max": 20, "/svc/orders/http": { "port": 8081, "tls": false } }
 */
export class OverrideFile implements OverrideSource {
  readonly at: string;
  readonly #clock: Clock;
  readonly #report: (error: unknown) => void;
  readonly #say: (message: string) => void;
  readonly #listeners = new Set<() => void>();
  #values: ReadonlyMap<string, string> = new Map();
  /** Of the file as it was read last. */
  #stamp: string | undefined;
  /** Why it is not used, said once. */
  #problem: string | undefined;
  #timer: Timer | undefined;

  constructor(
    path: string,
    clock: Clock,
    report: (error: unknown) => void,
    say: (message: string) => void,
  ) {
    this.at = path;
    this.#clock = clock;
    this.#report = report;
    this.#say = say;
    this.#look();
  }

  get values(): ReadonlyMap<string, string> {
    return this.#values;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.#timer?.cancel();
    this.#listeners.clear();
  }

  #look(): void {
    this.#timer = this.#clock.setTimer(LOOK_MS, () => this.#look());
    try {
      const stamp = stampOf(this.at);
      if (stamp === this.#stamp) return;
      const text = stamp === undefined ? '{}' : readText(this.at);
      // What cannot be read is tried again, and what is wrong only once it is another.
      this.#stamp = stamp;
      this.#take(valuesOf(text));
      this.#problem = undefined;
    } catch (error) {
      const message = `${this.at} is not used: ${messageOf(error)}`;
      if (message === this.#problem) return;
      this.#problem = message;
      this.#report(new ConferError('override_unusable', message, { cause: error }));
    }
  }

  #take(values: ReadonlyMap<string, string>): void {
    const had = this.#values.size;
    this.#values = values;
    for (const listener of [...this.#listeners]) listener();
    const paths = [...values.keys()];
    const more = paths.length > NAMED_MAX ? ` and ${paths.length - NAMED_MAX} more` : '';
    const named = `${paths.slice(0, NAMED_MAX).join(', ')}${more}`;
    if (paths.length > 0) this.#tell(`${this.at} overrides what the server has: ${named}`);
    else if (had > 0) this.#tell(`${this.at} overrides nothing any more`);
  }

  #tell(message: string): void {
    callBack(this.#say, message, this.#report);
  }
}

/** What is another one after each change of the file; `undefined` where there is none. */
function stampOf(path: string): string | undefined {
  const stat = statSync(path, { throwIfNoEntry: false, bigint: true });
  return stat && [stat.dev, stat.ino, stat.size, stat.mtimeNs].join(' ');
}

function readText(path: string): string {
  const stat = statSync(path);
  // To read a pipe or a device would stop the whole program, for as long as nobody writes.
  if (!stat.isFile()) throw new Error('it is no file');
  if (stat.size > BYTES_MAX) throw new Error(`it has ${stat.size} bytes, more than ${BYTES_MAX}`);
  return readFileSync(path, 'utf8');
}

function valuesOf(text: string): ReadonlyMap<string, string> {
  const data = dataOf(text);
  if (!isObject(data)) throw new Error('it holds no JSON object of paths and their values');
  const values = new Map<string, string>();
  for (const [key, value] of Object.entries(data)) {
    const problem = subtreeProblem(key);
    if (problem !== undefined || key === ROOT)
      throw new Error(`${JSON.stringify(key)} is no path: ${problem ?? 'it names everything'}`);
    if (!isData(value)) throw new Error(`${key} holds what no entry can`);
    for (const [at, text] of flatten(value, key)) values.set(at, text);
  }
  return values;
}

/** As values of entries are read: with all digits of large numbers. */
function dataOf(text: string): unknown {
  const rounded: unknown = JSON.parse(text);
  const exact = readValue(`[${text.trim()}]`);
  return Array.isArray(exact) ? exact[0] : rounded;
}

/** JSON holds nothing else, but a type has to be told so. */
function isData(value: unknown): value is Data {
  return value !== undefined && typeof value !== 'function' && typeof value !== 'symbol';
}
