import type { Clock, Timer } from '@confer/shared';

/** Time that stands still until a test moves it. */
export class VirtualClock implements Clock {
  #now = 1_795_420_800_000;
  readonly #timers = new Set<{ readonly at: number; readonly run: () => void }>();

  now(): number {
    return this.#now;
  }

  setTimer(delayMs: number, run: () => void): Timer {
    const timer = { at: this.#now + delayMs, run };
    this.#timers.add(timer);
    return { cancel: () => this.#timers.delete(timer) };
  }

  /** How many timers would still fire: none after a client is closed. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Runs all that is due by then, in order, with the microtasks of each. */
  async advance(durationMs: number): Promise<void> {
    const end = this.#now + durationMs;
    for (;;) {
      const [next] = [...this.#timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#now = next.at;
      next.run();
      await flushPromises();
    }
    this.#now = end;
  }
}

/** Lets everything that is due without time passing happen. */
export function flushPromises(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
