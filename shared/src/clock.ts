/** A pending timer. Cancelling it twice, or after it fired, does nothing. */
export interface Timer {
  cancel(): void;
}

/**
 * Time, handed in so that a whole server with its clients can run on a virtual clock.
 * `now` is milliseconds since the Unix epoch.
 */
export interface Clock {
  now(): number;
  setTimer(delayMs: number, run: () => void): Timer;
}

/** Uniform randomness in [0, 1), handed in so that a run can be repeated from a seed. */
export type Random = () => number;
