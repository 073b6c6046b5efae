import type { Writer } from '../load/driver.ts';
import { signal } from '../load/signal.ts';
import { Histogram } from '../measure/histogram.ts';
import type { Target } from './scenario.ts';

/** Each writer goes round so many keys. */
const KEYS = 50;

/** Writers with a connection each. */
export class Crew {
  times = new Histogram();
  readonly ready: Promise<unknown>;
  readonly #writers: readonly Writer[];
  readonly #sequences: number[];
  readonly #sentAt: number[];
  #endAt = 0;
  #running = 0;
  #ended = signal();

  constructor({ driver, port }: Target, size: number, valueBytes: number) {
    const { writer } = driver;
    if (writer === undefined) throw new Error('this system keeps nothing');
    this.#sequences = Array.from({ length: size }, () => 0);
    this.#sentAt = Array.from({ length: size }, () => 0);
    this.#writers = Array.from({ length: size }, (_, i) =>
      writer({
        port,
        addresses: Array.from({ length: KEYS }, (_, k) => ({
          subtree: `writes/w${i}`,
          key: `k${k}`,
        })),
        valueBytes,
        onAck: () => this.#acknowledged(i),
      }),
    );
    this.ready = Promise.all(this.#writers.map(({ ready }) => ready));
  }

  async during(ms: number): Promise<void> {
    this.#endAt = performance.now() + ms;
    this.#running = this.#writers.length;
    this.#ended = signal();
    for (const i of this.#writers.keys()) this.#next(i);
    await this.#ended.came;
  }

  close(): void {
    for (const writer of this.#writers) writer.close();
  }

  #next(i: number): void {
    const sequence = (this.#sequences[i] ?? 0) + 1;
    this.#sequences[i] = sequence;
    this.#sentAt[i] = performance.now();
    this.#writers[i]?.put(sequence % KEYS, sequence);
    this.#writers[i]?.flush();
  }

  #acknowledged(i: number): void {
    const now = performance.now();
    this.times.add(now - (this.#sentAt[i] ?? 0));
    if (now < this.#endAt) this.#next(i);
    else if (--this.#running === 0) this.#ended.come();
  }
}
