import type { Driver } from '../load/driver.ts';
import { type Signal, signal } from '../load/signal.ts';

/**
 * Counts what arrives at many subscribers, and whether it was right: numbers that come in order must
 * come without a hole, from 1 on; where the system promises no order, their sum says that each came once.
 */
export class Tally {
  readonly #driver: Driver;
  readonly #counts: Uint32Array;
  readonly #sums: Float64Array;
  #total = 0;
  #awaited: { readonly total: number; readonly signal: Signal } | undefined;

  constructor(driver: Driver, subscribers: number) {
    this.#driver = driver;
    this.#counts = new Uint32Array(subscribers);
    this.#sums = new Float64Array(subscribers);
  }

  arrived(subscriber: number, sequence: number): void {
    const count = this.#counts[subscriber] ?? 0;
    if (this.#driver.isOrdered && sequence !== count + 1)
      throw new Error(`subscriber ${subscriber} got ${sequence} after ${count} changes`);
    this.#counts[subscriber] = count + 1;
    this.#sums[subscriber] = (this.#sums[subscriber] ?? 0) + sequence;
    this.#total += 1;
    if (this.#total === this.#awaited?.total) this.#awaited.signal.come();
  }

  /** Resolves once so many arrived, at all subscribers together. */
  async reached(total: number): Promise<void> {
    if (this.#total >= total) return;
    this.#awaited = { total, signal: signal() };
    await this.#awaited.signal.came;
  }

  /** Throws unless each subscriber got each of the first `changes`, once. */
  check(changes: number): void {
    const sum = ((1 + changes) * changes) / 2;
    for (const [i, count] of this.#counts.entries()) {
      if (count !== changes) throw new Error(`subscriber ${i} got ${count} of ${changes} changes`);
      if (this.#sums[i] !== sum)
        throw new Error(`subscriber ${i} got the right number of changes, but not the right ones`);
    }
  }
}
