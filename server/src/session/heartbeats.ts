import type { Clock, Timer } from '@confer/shared';

/** The sessions beat in this many groups, one after another, so that no turn has to serve them all. */
const SLOTS = 10;

/** A session, as far as it is beaten. */
export interface Beaten {
  beat(): void;
}

/** Beats every session once a period. */
export class Heartbeats {
  readonly #clock: Clock;
  readonly #periodMs: number;
  readonly #slots: Set<Beaten>[] = Array.from({ length: SLOTS }, () => new Set());
  #turn = 0;
  /** When the next tick is. */
  #dueAt: number;
  #timer: Timer | undefined;

  constructor(clock: Clock, periodMs: number) {
    this.#clock = clock;
    this.#periodMs = periodMs;
    this.#dueAt = clock.now();
    this.#next();
  }

  add(session: Beaten): void {
    const smallest = this.#slots.reduce((a, b) => (b.size < a.size ? b : a));
    smallest.add(session);
  }

  remove(session: Beaten): void {
    for (const slot of this.#slots) slot.delete(session);
  }

  stop(): void {
    this.#timer?.cancel();
  }

  /**
   * A tick that comes late does not put off those after it: ten ticks of a busy server would make a period half
   * as long again, and silence is counted in periods. How late it is, a clock that was set cannot say.
   */
  #next(): void {
    const now = this.#clock.now();
    const tickMs = this.#periodMs / SLOTS;
    this.#dueAt += tickMs;
    if (Math.abs(this.#dueAt - now) > this.#periodMs) this.#dueAt = now + tickMs;
    this.#timer = this.#clock.setTimer(Math.max(0, this.#dueAt - now), () => {
      for (const session of this.#slots[this.#turn] ?? []) session.beat();
      this.#turn = (this.#turn + 1) % SLOTS;
      this.#next();
    });
  }
}
