import type { Clock } from '@confer/shared';

/** A moment, by both clocks that there are. */
export interface Moment {
  readonly wallMs: number;
  readonly uptimeMs: number;
}

/**
 * Measures how long ago something was, and never says too little. One clock stands still while the machine sleeps, the
 * other may be set back: what has passed is the longer of both. One that is set forward makes it say too much.
 */
export class Stopwatch {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #uptimeMs: () => number;

  constructor(clock: Pick<Clock, 'now'>, uptimeMs: () => number) {
    this.#clock = clock;
    this.#uptimeMs = uptimeMs;
  }

  now(): Moment {
    return { wallMs: this.#clock.now(), uptimeMs: this.#uptimeMs() };
  }

  since({ wallMs, uptimeMs }: Moment): number {
    const now = this.now();
    // safeguard: lease-counts-by-both-clocks
    return Math.max(now.wallMs - wallMs, now.uptimeMs - uptimeMs);
  }
}
