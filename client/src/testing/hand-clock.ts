import type { Clock, Timer } from '@confer/shared';

interface Alarm {
  readonly at: number;
  readonly run: () => void;
}

/** Any time will do, as long as it is always the same: 2026-01-01T00:00:00Z. */
const BEGINNING = 1_767_225_600_000;

/** A clock in the hand of a test: time passes when it says so, and alarms of one moment go off in the order they were set. */
export class HandClock implements Clock {
  #now = BEGINNING;
  /** In the order in which they go off. */
  readonly #alarms: Alarm[] = [];

  now(): number {
    return this.#now;
  }

  setTimer(delayMs: number, run: () => void): Timer {
    const alarm = { at: this.#now + Math.max(0, Math.ceil(delayMs)), run };
    const place = this.#alarms.findLastIndex(({ at }) => at <= alarm.at) + 1;
    this.#alarms.splice(place, 0, alarm);
    return {
      cancel: () => {
        const found = this.#alarms.indexOf(alarm);
        if (found !== -1) this.#alarms.splice(found, 1);
      },
    };
  }

  /** Goes on to the next alarm and runs it; `false` where none goes off until `end`, which it is then. */
  goOn(end: number): boolean {
    const [next] = this.#alarms;
    if (next === undefined || next.at > end) {
      this.#now = Math.max(this.#now, end);
      return false;
    }
    this.#alarms.shift();
    this.#now = next.at;
    next.run();
    return true;
  }
}
