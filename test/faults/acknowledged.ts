import type { Client } from '@confer/client';
import { expect } from 'vitest';

let subtrees = 0;

/** Clients that write one entry after another, and remember what was acknowledged. */
export class Acknowledged {
  /** Of its own, so that several may write to one server. */
  readonly #subtree = `/acknowledged/${++subtrees}`;
  /** By path. */
  readonly #values = new Map<string, string>();
  readonly #done: Promise<unknown>;
  #isOver = false;

  constructor(clients: readonly Client[]) {
    this.#done = Promise.all(clients.map((client, index) => this.#write(client, index)));
    // Whoever waits for the end hears of it.
    this.#done.catch(() => {});
  }

  get count(): number {
    return this.#values.size;
  }

  /** Resolves when what was begun is acknowledged. */
  async end(): Promise<void> {
    this.#isOver = true;
    await this.#done;
  }

  /** S1 S4: every one is there, written once. */
  async expectAll(client: Client): Promise<void> {
    const { entries } = await client.list(this.#subtree);
    const there = new Map(entries.map(({ path, value, version }) => [path, `${value} ${version}`]));
    const lost = [...this.#values].filter(([path, value]) => there.get(path) !== `${value} 1`);
    expect(lost.slice(0, 10)).toEqual([]);
  }

  async #write(client: Client, index: number): Promise<void> {
    for (let turn = 0; !this.#isOver; turn++) {
      const path = `${this.#subtree}/${index}/${turn}`;
      await client.set(path, `${turn}`);
      this.#values.set(path, `${turn}`);
    }
  }
}
