import type { Clock } from '@confer/shared';

/**
 * Time that stands still until a test moves it. What waits for no time at all is soon done. The clock of the
 * client's tests and the simulation lets promises settle between timers, which tests of the server do themselves;
 * and the server knows nothing of the client.
 */
export class VirtualClock implements Clock {
  /** What passes at each look at it, as if all that is done took so long. */
  tickMs = 0;
  /** Of this clock: what it shows may be set, but timers run on as if nothing were. */
  #elapsedMs = 0;
  #startedAt = 1_700_000_000_000;
  readonly #timers = new Set<{ readonly at: number; readonly run: () => void }>();

  /** Timers that have yet to fire. */
  get pending(): number {
    return this.#timers.size;
  }

  now(): number {
    this.#elapsedMs += this.tickMs;
    return this.#startedAt + this.#elapsedMs;
  }

  /** Somebody sets the clock of the machine, forward or back. */
  step(stepMs: number): void {
    this.#startedAt += stepMs;
  }

  setTimer(delayMs: number, run: () => void) {
    if (delayMs === 0) {
      const immediate = setImmediate(run);
      return { cancel: () => clearImmediate(immediate) };
    }
    const timer = { at: this.#elapsedMs + delayMs, run };
    this.#timers.add(timer);
    return { cancel: () => void this.#timers.delete(timer) };
  }

  advance(durationMs: number): void {
    const end = this.#elapsedMs + durationMs;
    for (;;) {
      const due = [...this.#timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (due === undefined) break;
      this.#timers.delete(due);
      this.#elapsedMs = Math.max(this.#elapsedMs, due.at);
      due.run();
    }
    this.#elapsedMs = end;
  }
}
