import type { Client } from '@confer/client';

/** Does one thing after another until told to end, and keeps how long each took, in ms. */
export class Load {
  tookMs: number[] = [];
  #isOver = false;
  readonly #done: Promise<void>;

  constructor(act: (turn: number) => Promise<unknown>) {
    this.#done = this.#run(act);
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await this.#done;
  }

  /** What the times since the last summary were like. */
  summary() {
    const sorted = this.tookMs.sort((a, b) => a - b);
    this.tookMs = [];
    const at = (part: number) => Number(sorted[Math.floor((sorted.length - 1) * part)]?.toFixed(1));
    return { count: sorted.length, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) };
  }

  async #run(act: (turn: number) => Promise<unknown>): Promise<void> {
    for (let turn = 0; !this.#isOver; turn++) {
      const startedAt = performance.now();
      await act(turn);
      this.tookMs.push(performance.now() - startedAt);
    }
  }
}

/** Writes values of that length over a few paths. */
export function writing(client: Client, valueChars: number): Load {
  const value = 'x'.repeat(valueChars);
  return new Load((turn) => client.set(`/load/${turn % 50}`, `${turn} ${value}`));
}
