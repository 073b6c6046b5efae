import { fileURLToPath } from 'node:url';
import { type Client, ConferError, connect } from '@confer/client';
import { expect } from 'vitest';
import { confer, type Finished, freePort, Program } from '../support/process.ts';
import type { Faults } from './faults.ts';
import { type Watched, watch } from './watch.ts';

const CLI = fileURLToPath(new URL('../../cli/dist/main.js', import.meta.url));
/** Longer than a server takes that has to wait for all that a stop waits for. */
const END_MS_MAX = 15_000;
const REQUEST_MS = 8_000;
/** More rows than go through the log. */
const LARGE = 2_000;
/** Most of what one commit may have that goes through the log, in values that may each. */
const LONG = 30;
const LONG_BYTES = 32_000;
const longValue = (path: string) => `of ${path} `.padEnd(LONG_BYTES, 'x');

/** What a writer was told: the code of an error, or that it was written. */
export type Told = 'written' | string;

/** Codes of those who may find what they wrote, and may not. */
const UNKNOWN: readonly Told[] = ['outcome_unknown', 'timeout', 'aborted'];

interface ServedOptions {
  /** Through the shim of that library. They strike once they are armed. */
  readonly faults?: { readonly library: string } & Omit<Faults, 'armed'>;
  readonly args?: readonly string[];
  readonly ledger?: Ledger;
}

/** What writers were told, by path: each is written once. */
export class Ledger {
  readonly told = new Map<string, Told>();

  /** What does not agree with what is there now, one line each. */
  problemsIn(paths: readonly string[]): string[] {
    const found = new Set(paths);
    const wrong = [...this.told].flatMap(([path, told]) => {
      if (UNKNOWN.includes(told) || found.has(path) === (told === 'written')) return [];
      return [`${path}: told ${told}, and it is ${found.has(path) ? '' : 'not '}there`];
    });
    return [...wrong, ...paths.filter((path) => !this.told.has(path))];
  }
}

const running = new Set<Program>();

/** Ends what a test that failed has left. */
export async function endAll(): Promise<void> {
  await Promise.all([...running].map((program) => program.kill()));
  running.clear();
}

function begin(directory: string, port: number, { faults, args = [] }: ServedOptions) {
  const listen = ['--listen', `127.0.0.1:${port}`];
  const text = ['--log-format', 'text'];
  const command = [CLI, 'serve', ...listen, ...text, '--data', directory, ...args] as const;
  const [script, ...rest] = command;
  const watched =
    faults === undefined
      ? undefined
      : watch(faults.library, command, { directory, faults: { ...faults, armed: false } });
  const program = watched?.program ?? new Program(script, rest);
  running.add(program);
  return { program, watched };
}

/** A real `confer serve`, one who writes, and what an operator sees. */
export class Served {
  readonly program: Program;
  readonly url: string;
  readonly client: Client;
  readonly ledger: Ledger;
  readonly #watched: Watched | undefined;
  readonly #ended = new AbortController();

  private constructor(
    url: string,
    { program, watched }: ReturnType<typeof begin>,
    ledger = new Ledger(),
  ) {
    this.url = url;
    this.program = program;
    this.#watched = watched;
    this.ledger = ledger;
    const retry = { initialMs: 5, maxMs: 50 };
    this.client = connect(url, { retry, timeouts: { requestMs: REQUEST_MS } });
    void program.finished.then(() => this.#ended.abort());
  }

  static async start(directory: string, options: ServedOptions = {}): Promise<Served> {
    const served = await Served.startOrRefuse(directory, options);
    if (served instanceof Served) return served;
    throw new Error(`it does not start: ${served.join('\n')}`);
  }

  /** Or all that it says where it cannot start: then it ends with 2, and has nothing on stdout. */
  static async startOrRefuse(
    directory: string,
    options: ServedOptions = {},
  ): Promise<Served | readonly string[]> {
    const port = await freePort();
    const begun = begin(directory, port, options);
    const { program } = begun;
    await program.saw(({ stdout }) => stdout.includes('\n') || hasEnded(program) || undefined);
    if (!hasEnded(program)) return new Served(`http://127.0.0.1:${port}`, begun, options.ledger);
    const { code, stdout, stderr } = await program.finished;
    running.delete(program);
    const { signalCode } = program.child;
    expect({ code, signalCode, stdout }, stderr).toEqual({ code: 2, signalCode: null, stdout: '' });
    return saidIn(stderr);
  }

  get hasEnded(): boolean {
    return hasEnded(this.program);
  }

  /** From now on the disk fails. */
  arm(): void {
    this.#watched?.arm();
  }

  disarm(): void {
    this.#watched?.disarm();
  }

  /** A small value, by way of the log. */
  write(): Promise<Told> {
    return this.#note([`/small/${this.ledger.told.size}`]);
  }

  /** Some of them fill the log, which goes into the tables then. */
  writeLong(): Promise<Told> {
    return this.#note(this.#newPaths('/long', LONG), longValue);
  }

  /** One commit that goes into the tables itself. */
  writeLarge(): Promise<Told> {
    return this.#note(this.#newPaths('/large', LARGE));
  }

  #newPaths(folder: string, count: number): readonly string[] {
    const { size } = this.ledger.told;
    return Array.from({ length: count }, (_, i) => `${folder}/${size + i}`);
  }

  async #note(paths: readonly string[], valueAt = (_path: string) => '1'): Promise<Told> {
    const operations = paths.map((path) => ({ type: 'put', path, value: valueAt(path) }) as const);
    const told = await toldOf(this.client.commit({ operations, signal: this.#ended.signal }));
    for (const path of paths) this.ledger.told.set(path, told);
    return told;
  }

  /** What `confer status` says of the storage. */
  async status(): Promise<{ readonly storage: string; readonly storageProblem?: string }> {
    const { stdout } = await confer(['status', '-o', 'json'], { url: this.url });
    const { storage, storageProblem } = JSON.parse(stdout);
    return storageProblem === undefined ? { storage } : { storage, storageProblem };
  }

  /** Until it has said a line. */
  async says(line: string): Promise<void> {
    await this.program.saw(() => this.said.includes(line) || undefined, END_MS_MAX);
  }

  /** What it says beside its greeting and farewell, without the time. */
  get said(): string[] {
    return saidIn(this.program.stderr);
  }

  /** Asks it to end, which it does in time, and not by a signal. */
  async stop(): Promise<Finished> {
    // A server that has clients gives them a moment to hear of it.
    await this.client.close();
    this.program.child.kill('SIGTERM');
    return this.ended();
  }

  async kill(): Promise<void> {
    await this.client.close();
    await this.program.kill('SIGKILL');
    running.delete(this.program);
  }

  /** `mayBeKilled`: LMDB may have damaged its memory, so that the last free of some ends it by a signal. */
  async ended(mayBeKilled = false): Promise<Finished> {
    try {
      const ended = await this.program.saw(
        (program) => (hasEnded(program) ? program.finished : undefined),
        END_MS_MAX,
      );
      if (!mayBeKilled) expect(this.program.child.signalCode, ended.stderr).toBe(null);
      running.delete(this.program);
      return ended;
    } finally {
      await this.client.close();
    }
  }
}

function hasEnded({ child }: Program): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

/** What is said of no trouble; and what LMDB itself says of a page that it could not write, each time. */
const USUAL =
  /^(Write error: .* position \d+, size \d+$|confer \S+ listens on|data: |next, in another terminal|and to see changes|stopping$|info connection ended|warn uWebSockets.js does not run here|$)/;

function saidIn(stderr: string): string[] {
  const lines = stderr.split('\n').map((line) => line.replace(/^\d{4}-\S+Z /, ''));
  return lines.filter((line) => !USUAL.test(line));
}

/** The code that somebody was told, or that it was done. */
export function toldOf(asked: Promise<unknown>): Promise<Told> {
  return asked.then(
    () => 'written',
    (error: unknown) => (error instanceof ConferError ? error.code : String(error)),
  );
}

/** What another server finds there, on a disk that is well. It has nothing to say about it. */
export async function pathsIn(directory: string): Promise<string[]> {
  const served = await Served.start(directory);
  const { entries } = await served.client.list('/', { values: false });
  expect((await served.stop()).code).toBe(0);
  expect(served.said).toEqual([]);
  return entries.map(({ path }) => path);
}

/** What a server says that cannot start. */
export async function refusalOf(directory: string): Promise<readonly string[]> {
  const served = await Served.startOrRefuse(directory);
  if (!(served instanceof Served)) return served;
  await served.stop();
  throw new Error('it starts');
}
