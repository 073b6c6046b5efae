import type { Clock, Timer } from '@confer/shared';

/** Notices that a connection has gone silent: TCP alone does not tell of a dead peer (W8). */
export class Silence implements Timer {
  readonly #clock: Clock;
  readonly #limitMs: number;
  readonly #onSilent: () => void;
  #timer: Timer;

  constructor(clock: Clock, limitMs: number, onSilent: () => void) {
    this.#clock = clock;
    this.#limitMs = limitMs;
    this.#onSilent = onSilent;
    this.#timer = this.#arm();
  }

  heard(): void {
    this.#timer.cancel();
    this.#timer = this.#arm();
  }

  cancel(): void {
    this.#timer.cancel();
  }

  /**
   * A process that was busy or asleep for that long finds its timer due before it has read what
   * waits in the socket. One more turn of the event loop lets those frames in first.
   */
  #arm(): Timer {
    return this.#clock.setTimer(this.#limitMs, () => {
      this.#timer = this.#clock.setTimer(1, this.#onSilent);
    });
  }
}
