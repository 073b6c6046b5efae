import type { Clock } from '@confer/shared';
import { throwIfAborted, type Wait, Waiter } from './waiter.ts';

interface Pending {
  readonly isMet: () => boolean;
  readonly waiter: Waiter<void>;
}

/** Those who wait until something holds. Their owner says when to look again. */
export class Waits {
  readonly #clock: Clock;
  readonly #pending = new Set<Pending>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** `late` says what did not come in time. */
  async until(isMet: () => boolean, wait: Wait, late: () => string): Promise<void> {
    throwIfAborted(wait.signal);
    if (isMet()) return;
    const waiter = new Waiter<void>(this.#clock, wait, late, () => this.#pending.delete(pending));
    const pending = { isMet, waiter };
    this.#pending.add(pending);
    return waiter.promise;
  }

  check(): void {
    for (const pending of this.#pending)
      if (pending.isMet()) {
        this.#pending.delete(pending);
        pending.waiter.resolve();
      }
  }

  /** What they wait for will not come. */
  fail(error: Error): void {
    for (const { waiter } of this.#pending) waiter.reject(error);
    this.#pending.clear();
  }

  /** What they wait for no longer matters. */
  release(): void {
    for (const { waiter } of this.#pending) waiter.resolve();
    this.#pending.clear();
  }
}
