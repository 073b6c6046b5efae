import {
  type Client,
  ConferError,
  type Mirror,
  type MirrorChange,
  type MirrorStatus,
  type Watch,
} from '@confer/client';

/** Somebody who looks at everything, by a mirror and by an event watch, and notes what either is told. */
export class Viewer {
  readonly client: Client;
  readonly mirror: Mirror;
  readonly changes: MirrorChange[] = [];
  /** What the mirror became, after it was live. */
  readonly statuses: MirrorStatus[] = [];
  /** The value of each put that the event watch was told of, by path, in order. */
  readonly puts = new Map<string, string[]>();
  /** The code with which the event watch ended. */
  ended: string | undefined;

  private constructor(client: Client, mirror: Mirror, watch: Watch) {
    this.client = client;
    this.mirror = mirror;
    mirror.on('change', (change) => this.changes.push(change));
    mirror.on('status', ({ to }) => this.statuses.push(to));
    void this.#follow(watch);
  }

  /** Resolves once both are told of all that comes. */
  static async open(client: Client): Promise<Viewer> {
    const [mirror, watch] = [client.mirror('/'), client.watch('/')];
    await Promise.all([mirror.ready(), watch.started()]);
    return new Viewer(client, mirror, watch);
  }

  /** What the mirror was told since, one line for a change. */
  get told(): string[] {
    return this.changes.map(({ origin, changes }) => {
      const texts = changes.map((change) =>
        change.type === 'put' ? `${change.path}=${change.entry.value}` : `-${change.path}`,
      );
      return `${origin}: ${texts.join(' ')}`;
    });
  }

  get shown(): string[] {
    return this.mirror.list().map(({ path, value }) => `${path}=${value}`);
  }

  putsOf(path: string): readonly string[] {
    return this.puts.get(path) ?? [];
  }

  async #follow(watch: Watch): Promise<void> {
    try {
      for await (const { changes } of watch)
        for (const change of changes)
          if (change.type === 'put')
            this.puts.set(change.path, [...this.putsOf(change.path), change.entry.value]);
    } catch (error) {
      this.ended = error instanceof ConferError ? error.code : String(error);
    }
  }
}

/** Who counts on at one path, one write after the other, and reads back what he wrote. */
export class Counter {
  readonly #client: Client;
  readonly #path: string;
  #count = 0;
  #isOver = false;
  readonly #done: Promise<void>;
  /** What failed, and how often. */
  readonly failures = new Map<string, number>();

  constructor(client: Client, path: string) {
    this.#client = client;
    this.#path = path;
    this.#done = this.#run();
  }

  /** How many writes were acknowledged. */
  get count(): number {
    return this.#count;
  }

  /** All that it wrote, once no more is written. */
  async end(): Promise<string[]> {
    this.#isOver = true;
    await this.#done;
    return Array.from({ length: this.#count }, (_, i) => String(i));
  }

  async #run(): Promise<void> {
    while (!this.#isOver) {
      const value = String(this.#count);
      await this.#until('set', () => this.#client.set(this.#path, value, { timeoutMs: 30_000 }));
      this.#count++;
      await this.#until('get', async () => {
        const read = await this.#client.get(this.#path);
        if (read?.value !== value) throw new Error(`read ${read?.value} after ${value}`);
      });
    }
  }

  /** Tries until it succeeds, and notes what it got instead. */
  async #until(what: string, act: () => Promise<unknown>): Promise<void> {
    for (;;) {
      try {
        await act();
        return;
      } catch (error) {
        const code = error instanceof ConferError ? error.code : String(error);
        const name = `${what}: ${code}`;
        this.failures.set(name, (this.failures.get(name) ?? 0) + 1);
        if (!(error instanceof ConferError)) return;
        await new Promise((resume) => setTimeout(resume, 50));
      }
    }
  }
}

/** The code of the error that a promise rejects with; fails where it does not. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof ConferError) return error.code;
    throw error;
  }
  throw new Error('it did not fail');
}
