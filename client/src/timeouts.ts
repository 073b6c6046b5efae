import type { Clock } from '@confer/shared';
import type { WaitOptions } from './api.ts';
import type { Wait } from './waiter.ts';

/** How long the calls of a client may take. */
export class Timeouts {
  readonly #clock: Clock;
  readonly #requestMs: number;

  constructor(clock: Clock, requestMs: number) {
    this.#clock = clock;
    this.#requestMs = requestMs;
  }

  /** For a call that waits for one thing. */
  wait(options: WaitOptions = {}): Wait {
    const timeoutMs = options.timeoutMs ?? this.#requestMs;
    return { timeoutMs, leftMs: timeoutMs, signal: options.signal };
  }

  /** For a call that waits for several things in turn: what is left of its time, at each of them. */
  deadline(options: WaitOptions): () => Wait {
    const wait = this.wait(options);
    const startedAt = this.#clock.now();
    return () => {
      const spentMs = this.#clock.now() - startedAt;
      return { ...wait, leftMs: Math.max(0, wait.timeoutMs - spentMs) };
    };
  }
}
