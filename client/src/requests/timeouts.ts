import type { Clock } from '@confer/shared';
import type { WaitOptions } from '../api.ts';
import { durationMs, signal } from '../validation/argument-types.ts';
import { checkOptions } from '../validation/arguments.ts';
import type { Wait } from './deadline.ts';

/** How long the calls of a client may take. */
export class Timeouts {
  readonly #clock: Clock;
  readonly #requestMs: number;

  constructor(clock: Clock, requestMs: number) {
    this.#clock = clock;
    this.#requestMs = requestMs;
  }

  /** All that a call waits for in turn has this time together. */
  wait(options: WaitOptions = {}): Wait {
    checkOptions(options, { timeoutMs: durationMs, signal });
    const timeoutMs = options.timeoutMs ?? this.#requestMs;
    return { timeoutMs, endsAt: this.#clock.now() + timeoutMs, signal: options.signal };
  }
}
