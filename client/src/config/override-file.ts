import { readFileSync, statSync } from 'node:fs';
import { type Clock, type Data, flatten, ROOT, subtreeProblem, type Timer } from '@confer/shared';
import type { OverrideSource } from '../api.ts';
import { ConferError } from '../errors.ts';
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
      this.#stamp = stamp;
      this.#take(stamp === undefined ? new Map() : readValues(this.at));
    } catch (error) {
      const message = `${this.at} is not used: ${messageOf(error)}`;
      this.#report(new ConferError('override_unusable', message, { cause: error }));
    }
  }

  #take(values: ReadonlyMap<string, string>): void {
    const had = this.#values.size;
    this.#values = values;
    const paths = [...values.keys()];
    const more = paths.length > NAMED_MAX ? ` and ${paths.length - NAMED_MAX} more` : '';
    if (paths.length > 0)
      this.#say(
        `${this.at} overrides what the server has: ${paths.slice(0, NAMED_MAX).join(', ')}${more}`,
      );
    else if (had > 0) this.#say(`${this.at} overrides nothing any more`);
    for (const listener of [...this.#listeners]) listener();
  }
}

/** What is another one after each change of the file; `undefined` where there is none. */
function stampOf(path: string): string | undefined {
  const stat = statSync(path, { throwIfNoEntry: false, bigint: true });
  return stat && [stat.ino, stat.size, stat.mtimeNs].join(' ');
}

function readValues(path: string): ReadonlyMap<string, string> {
  const { size } = statSync(path);
  if (size > BYTES_MAX) throw new Error(`it has ${size} bytes, more than ${BYTES_MAX}`);
  const data: unknown = JSON.parse(readFileSync(path, 'utf8'));
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

/** JSON holds nothing else, but a type has to be told so. */
function isData(value: unknown): value is Data {
  return value !== undefined && typeof value !== 'function' && typeof value !== 'symbol';
}
