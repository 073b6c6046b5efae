import type { Random } from '@confer/shared';

export interface BackoffLimits {
  readonly initialMs: number;
  readonly maxMs: number;
}

/** 4 s of waiting, as long as nobody changes the limits: less than a request waits for its answer. */
const EASED_FAILURES = 4;
/** More than any limits ask for. */
const EXHAUSTED = 99;

/**
 * Exponential backoff with full jitter: the wait before the next try is a random time between 0 and a
 * ceiling that doubles from `initialMs` to `maxMs`, so that the clients of a restarted server come back
 * spread.
 */
export class Backoff {
  readonly #limits: BackoffLimits;
  readonly #random: Random;
  #failures = 0;

  constructor(limits: BackoffLimits, random: Random) {
    this.#limits = limits;
    this.#random = random;
  }

  /** The most that the next wait may be. */
  get ceilingMs(): number {
    const { initialMs, maxMs } = this.#limits;
    return Math.min(maxMs, initialMs * 2 ** this.#failures);
  }

  /** The wait after one more failure, in milliseconds (safeguard: attempts-wait). */
  nextMs(): number {
    const { ceilingMs } = this;
    if (ceilingMs < this.#limits.maxMs) this.#failures++;
    return this.#random() * ceilingMs;
  }

  /** The next waits are the longest: what failed will fail again until somebody has done something. */
  exhaust(): void {
    this.#failures = EXHAUSTED;
  }

  /** Goes back to where a wait is not long yet, if it is beyond that. */
  ease(): void {
    this.#failures = Math.min(this.#failures, EASED_FAILURES);
  }

  /** To be called after real and lasting progress only: a socket that opens proves nothing. */
  reset(): void {
    this.#failures = 0;
  }
}
