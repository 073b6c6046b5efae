import type { Clock, Timer } from '@confer/shared';
import type { LostEvent } from './status.ts';

/** A time of not being live. Told of once, when it has lasted for the grace time. */
export class Outage {
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

  /** It may have begun already. */
  begin(): void {
    if (this.#since !== undefined) return;
    const since = this.#clock.now();
    this.#since = since;
    this.#timer = this.#clock.setTimer(this.#graceMs, () => this.#onLost({ since }));
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
