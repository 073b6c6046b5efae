import type { Clock, Timer } from '@confer/shared';

/** Fires when a connection has gone silent: TCP alone does not tell of a dead peer (W8). */
export class InactivityTimer implements Timer {
  readonly #clock: Clock;
  readonly #limitMs: number;
  readonly #onSilent: (silentMs: number) => void;
  #timer: Timer | undefined;

  constructor(clock: Clock, limitMs: number, onSilent: (silentMs: number) => void) {
    this.#clock = clock;
    this.#limitMs = limitMs;
    this.#onSilent = onSilent;
    this.heard();
  }

  heard(): void {
    this.expect(this.#limitMs);
  }

  /**
   * Something is asked that has an answer within that time, if there is anybody.
   *
   * A process that was busy or asleep for that long finds its timer due before it has read what
   * waits in the socket. One more turn of the event loop lets those frames in first.
   */
  expect(limitMs: number): void {
    this.cancel();
    this.#timer = this.#clock.setTimer(limitMs, () => {
      // safeguard: silent-connection-is-ended
      this.#timer = this.#clock.setTimer(1, () => this.#onSilent(limitMs));
    });
  }

  cancel(): void {
    this.#timer?.cancel();
  }
}
