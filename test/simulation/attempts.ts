import type { Clock } from '@confer/shared';

const WINDOW_MS = 10_000;
/** With the backoff of the protocol and the cuts of a simulation, a client makes about a dozen. */
const ATTEMPTS_MAX = 60;

/** Counts how often clients connect: a client without a backoff is a storm (W10). */
export class Attempts {
  readonly #clock: Clock;
  readonly #onProblem: (problem: string) => void;
  readonly #times = new Map<string, number[]>();

  constructor(clock: Clock, onProblem: (problem: string) => void) {
    this.#clock = clock;
    this.#onProblem = onProblem;
  }

  opened(owner: string): void {
    const now = this.#clock.now();
    const times = [...(this.#times.get(owner) ?? []), now].filter((at) => at > now - WINDOW_MS);
    this.#times.set(owner, times);
    if (times.length <= ATTEMPTS_MAX) return;
    const problem = `W10 ${owner} connected ${times.length} times within ${WINDOW_MS} ms`;
    this.#onProblem(problem);
    // Without this the loop would never let the simulation end.
    throw new Error(problem);
  }
}
