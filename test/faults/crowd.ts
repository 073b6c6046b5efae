import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { Client, ClientOptions } from '@confer/client';
import { expect } from 'vitest';
import { Program } from '../support/process.ts';

const CROWD = fileURLToPath(new URL('./crowd.js', import.meta.url));

interface Shown {
  readonly live: number;
  /** Of the mirror that is farthest behind. */
  readonly revisionMin: number;
  /** The different contents that the mirrors have, as hashes; only where it was asked for them. */
  readonly contents: readonly string[];
  /** What was told and should not have been. */
  readonly problems: readonly string[];
  /** When each came back, in ms after the first was lost. */
  readonly opened: readonly number[];
  /** How long each chose to wait when it was lost, in ms. */
  readonly waits: readonly number[];
  /** How long each was without a connection, in ms. */
  readonly away: readonly number[];
  readonly staleAt: readonly number[];
}

/** Many clients in one process. */
export class Crowd {
  readonly program: Program;
  readonly #clients: number;
  readonly #path: string;
  #lines = 1;

  /** `path`: what each has a mirror of. Default: everything. */
  constructor(
    url: string,
    options: { clients: number; retry: ClientOptions['retry']; path?: string },
  ) {
    this.#clients = options.clients;
    this.#path = options.path ?? '/';
    this.program = new Program(CROWD, [url, JSON.stringify(options)]);
  }

  /** `forget`: times of coming back are counted from the next loss. */
  async ask(question: 'show' | 'contents' | 'forget' = 'show'): Promise<Shown> {
    const index = this.#lines++;
    this.program.write(`${question}\n`);
    return this.program.saw(({ stdout }) => {
      const lines = stdout.split('\n');
      const line = lines[index];
      return line === undefined || lines.length === index + 1 ? undefined : JSON.parse(line);
    }, 60_000);
  }

  async isAt(revision: number): Promise<boolean> {
    const { live, revisionMin } = await this.ask();
    return live === this.#clients && revisionMin >= revision;
  }

  /** All show just what the server has, and were told nothing wrong on the way. */
  async expectTruth(client: Client): Promise<Shown> {
    const { entries } = await client.list(this.#path);
    const text = entries.map(({ path, modRevision }) => `${path}@${modRevision}\n`).join('');
    const shown = await this.ask('contents');
    expect(shown.problems).toEqual([]);
    expect(shown.contents).toEqual([createHash('sha256').update(text).digest('hex')]);
    expect(shown.live).toBe(this.#clients);
    return shown;
  }
}
