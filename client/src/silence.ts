import type { Clock, Timer } from '@confer/shared';

/** Notices that a connection has gone silent: TCP alone does not tell of a dead peer (W8). */
export class Silence implements Timer {
  readonly #clock: Clock;
  readonly #limitMs: number;
  readonly #onSilent: (silentMs: number) => void;
  #timer: Timer;
  /** When the timer looks, and when it is too late. The timer is not moved for every frame. */
  #looksAt: number;
  #dueAt: number;
  /** How long the other side was given. */
  #givenMs: number;

  constructor(clock: Clock, limitMs: number, onSilent: (silentMs: number) => void) {
    this.#clock = clock;
    this.#limitMs = limitMs;
    this.#onSilent = onSilent;
    this.#givenMs = limitMs;
    this.#dueAt = clock.now() + limitMs;
    this.#looksAt = this.#dueAt;
    this.#timer = clock.setTimer(limitMs, () => this.#look());
  }

  heard(): void {
    this.expect(this.#limitMs);
  }

  /** Something is asked that has an answer within that time, if there is anybody. */
  expect(limitMs: number): void {
    this.#givenMs = limitMs;
    this.#dueAt = this.#clock.now() + limitMs;
    if (this.#dueAt >= this.#looksAt) return;
    this.#timer.cancel();
    this.#lookLater();
  }

  cancel(): void {
    this.#timer.cancel();
  }

  #lookLater(): void {
    this.#looksAt = this.#dueAt;
    const delayMs = this.#dueAt - this.#clock.now();
    this.#timer = this.#clock.setTimer(delayMs, () => this.#look());
  }

  /**
   * A process that was busy or asleep for that long finds its timer due before it has read what
   * waits in the socket. One more turn of the event loop lets those frames in first.
   */
  #look(): void {
    if (this.#clock.now() < this.#dueAt) this.#lookLater();
    else
      this.#timer = this.#clock.setTimer(1, () => {
        if (this.#clock.now() < this.#dueAt) this.#lookLater();
        else this.#onSilent(this.#givenMs);
      });
  }
}
