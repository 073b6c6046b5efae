import { fileURLToPath } from 'node:url';
import { type Client, ConferError, connect } from '@confer/client';
import type { Operation } from '@confer/shared';
import { confer, type Finished, freePort, serve } from '../support/process.ts';
import type { Faults } from './faults.ts';
import { type Watched, watch } from './watch.ts';

const CLI = fileURLToPath(new URL('../../cli/dist/main.js', import.meta.url));
const REQUEST_MS = 10_000;
const LARGE_OPERATIONS = 800;

/** What the writer of a number was told: the code of an error, or that it was written. */
export type Told = 'written' | string;

/** Writes numbers, each to a path of its own, and remembers what it was told. */
export class NumberWriter {
  readonly told = new Map<number, Told>();
  readonly #client: Client;
  #next = 0;

  readonly #ended: Promise<unknown>;

  /** `ended`: the server is gone, and there will be no answer. */
  constructor(url: string, ended: Promise<unknown>) {
    this.#client = connect(url, { timeouts: { requestMs: REQUEST_MS } });
    this.#ended = ended;
  }

  async write(): Promise<Told> {
    const number = this.#next++;
    const written = answerOf(this.#client.commit({ operations: operationsOf(number) }));
    const told = await Promise.race([written, this.#ended.then(() => 'no answer')]);
    this.told.set(number, told);
    return told;
  }

  close(): Promise<void> {
    return this.#client.close();
  }
}

/** Some are so large that they go into the tables and not into the log. */
function operationsOf(number: number): Operation[] {
  const rest = number % 4 === 3 ? LARGE_OPERATIONS : 0;
  const puts = Array.from({ length: rest }, (_, i) => ({
    type: 'put' as const,
    path: `/rest/${i}`,
    value: `${number} of ${i}`,
  }));
  return [{ type: 'put', path: `/n/${number}`, value: String(number) }, ...puts];
}

function answerOf(answer: Promise<unknown>): Promise<Told> {
  return answer.then(
    () => 'written',
    (error: unknown) => (error instanceof ConferError ? error.code : String(error)),
  );
}

/** A real server whose disk fails, and one who writes. */
export class FailingServer {
  readonly url: string;
  readonly watched: Watched;
  readonly writer: NumberWriter;

  private constructor(url: string, watched: Watched) {
    this.url = url;
    this.watched = watched;
    this.writer = new NumberWriter(url, watched.program.finished);
  }

  static async start(library: string, directory: string, faults: Faults): Promise<FailingServer> {
    const url = `http://127.0.0.1:${await freePort()}`;
    const listen = ['--listen', url.slice('http://'.length)];
    const command = [CLI, 'serve', ...listen, '--data', directory, '--transport', 'ws'] as const;
    const watched = watch(library, command, { directory, faults: { ...faults, armed: false } });
    await watched.program.saw(({ stdout, child }) => {
      if (child.exitCode !== null) throw new Error(`it ended: ${watched.program.stderr}`);
      return stdout.includes('\n') ? true : undefined;
    });
    return new FailingServer(url, watched);
  }

  get hasEnded(): boolean {
    const { exitCode, signalCode } = this.watched.program.child;
    return exitCode !== null || signalCode !== null;
  }

  async status(): Promise<{ readonly storage: string; readonly storageProblem?: string }> {
    const { stdout } = await confer(['status', '-o', 'json'], { url: this.url });
    return JSON.parse(stdout);
  }

  /** Lets it end by itself, or asks for it. */
  async end(): Promise<Finished> {
    await this.writer.close();
    return this.watched.program.kill('SIGTERM');
  }
}

/** What another server, on a disk that is well, finds of the numbers; then it ends. */
export async function numbersIn(directory: string): Promise<ReadonlySet<number>> {
  const { program, url } = await serve(['--data', directory, '--transport', 'ws']);
  const client = connect(url);
  const { entries } = await client.list('/n');
  await client.close();
  await program.kill('SIGTERM');
  return new Set(entries.map(({ value }) => Number(value)));
}
