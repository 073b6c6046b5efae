import type { Clock, Timer } from '@confer/shared';
import type { Session } from './session.ts';

/** The sessions beat in this many groups, one after another, so that no turn has to serve them all. */
const SLOTS = 10;

/** Beats every session once a period. */
export class Heartbeats {
  readonly #clock: Clock;
  readonly #periodMs: number;
  readonly #slots: Set<Session>[] = Array.from({ length: SLOTS }, () => new Set());
  #turn = 0;
  #timer: Timer | undefined;

  constructor(clock: Clock, periodMs: number) {
    this.#clock = clock;
    this.#periodMs = periodMs;
    this.#next();
  }

  add(session: Session): void {
    const smallest = this.#slots.reduce((a, b) => (b.size < a.size ? b : a));
    smallest.add(session);
  }

  remove(session: Session): void {
    for (const slot of this.#slots) slot.delete(session);
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #next(): void {
    this.#timer = this.#clock.setTimer(this.#periodMs / SLOTS, () => {
      for (const session of this.#slots[this.#turn] ?? []) session.beat();
      this.#turn = (this.#turn + 1) % SLOTS;
      this.#next();
    });
  }
}
