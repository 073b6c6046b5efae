import type { Clock, Timer } from '@confer/shared';

/** Puts work off until no call for it came for `minMs`, and no longer than `maxMs` after the first one. */
export class Debounce {
  readonly #clock: Clock;
  readonly #times: { readonly minMs: number; readonly maxMs: number };
  readonly #work: () => void;
  #quiet: Timer | undefined;
  #latest: Timer | undefined;

  constructor(
    clock: Clock,
    times: { readonly minMs: number; readonly maxMs: number },
    work: () => void,
  ) {
    this.#clock = clock;
    this.#times = times;
    this.#work = work;
  }

  call(): void {
    const { minMs, maxMs } = this.#times;
    this.#quiet?.cancel();
    this.#quiet = this.#clock.setTimer(minMs, () => this.#run());
    this.#latest ??= this.#clock.setTimer(maxMs, () => this.#run());
  }

  stop(): void {
    this.#quiet?.cancel();
    this.#latest?.cancel();
    this.#quiet = undefined;
    this.#latest = undefined;
  }

  #run(): void {
    this.stop();
    this.#work();
  }
}
