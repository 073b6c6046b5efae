import type { Clock, Timer } from '@confer/shared';
import type { LostEvent } from '../status.ts';

/**
 * The grace period of an outage: knows since when something is not live (stale), and tells of it once, when
 * that has lasted for the grace time.
 */
export class OutageTimer {
  readonly #clock: Clock;
  readonly #graceMs: number;
  readonly #onLost: (event: LostEvent) => void;
  #since: number | undefined;
  #timer: Timer | undefined;

  constructor(clock: Clock, graceMs: number, onLost: (event: LostEvent) => void) {
    this.#clock = clock;
    this.#graceMs = graceMs;
    this.#onLost = onLost;
  }

  get since(): number | undefined {
    return this.#since;
  }

  /** It may have begun already. `since` may be a while ago: what is noticed late began before. */
  begin(since = this.#clock.now()): void {
    if (this.#since !== undefined) return;
    this.#since = since;
    const leftMs = Math.max(0, since + this.#graceMs - this.#clock.now());
    this.#timer = this.#clock.setTimer(leftMs, () => this.#onLost({ since }));
  }

  end(): void {
    this.stop();
    this.#since = undefined;
  }

  /** It will not end, and other events tell so. */
  stop(): void {
    this.#timer?.cancel();
  }
}
