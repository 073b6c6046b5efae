import type { Clock, Timer } from '@confer/shared';

export interface ProcessClock {
  readonly clock: Clock;
  /** Its timers never fire again. */
  readonly kill: () => void;
  /** Time goes on, and timers that fall due wait for `thaw`. */
  readonly freeze: () => void;
  readonly thaw: () => void;
}

interface Event {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
  cancelled: boolean;
}

/** Lets everything happen that is due without time passing. No I/O runs on this clock, so one turn is enough. */
export function flushPromises(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Time, in whole milliseconds, that moves only when a test says so; events of one moment run in the order they were set. */
export class VirtualClock implements Clock {
  #now = 1_700_000_000_000;
  #order = 0;
  #events: Event[] = [];

  now(): number {
    return this.#now;
  }

  setTimer(delayMs: number, run: () => void): Timer {
    const at = this.#now + Math.max(0, Math.ceil(delayMs));
    const event: Event = { at, order: this.#order++, run, cancelled: false };
    this.#insert(event);
    return {
      cancel: () => {
        event.cancelled = true;
      },
    };
  }

  /** How many timers would still fire: none after a client is closed. */
  get pending(): number {
    return this.#events.filter(({ cancelled }) => !cancelled).length;
  }

  /** The clock of one process: it can be killed, and be stopped for a while (SIGSTOP, a closed lid). */
  scope(): ProcessClock {
    let isAlive = true;
    let held: (() => void)[] | undefined;
    const clock: Clock = {
      now: () => this.#now,
      setTimer: (delayMs, run) => {
        let isCancelled = false;
        const fire = () => {
          if (!isAlive || isCancelled) return;
          if (held === undefined) run();
          else held.push(fire);
        };
        const timer = this.setTimer(delayMs, fire);
        return {
          cancel: () => {
            isCancelled = true;
            timer.cancel();
          },
        };
      },
    };
    return {
      clock,
      kill: () => {
        isAlive = false;
      },
      freeze: () => {
        held ??= [];
      },
      thaw: () => {
        for (const fire of held ?? []) this.setTimer(0, fire);
        held = undefined;
      },
    };
  }

  /** Runs everything that is due within `durationMs`. */
  async advance(durationMs: number): Promise<void> {
    const end = this.#now + durationMs;
    await flushPromises();
    for (let next = this.#due(end); next !== undefined; next = this.#due(end)) {
      this.#now = Math.max(this.#now, next.at);
      if (!next.cancelled) {
        next.run();
        await flushPromises();
      }
    }
    this.#now = end;
  }

  /** Advances until `isDone`, at most `withinMs`. Returns whether it came true. */
  async until(isDone: () => boolean, withinMs: number, stepMs = 10): Promise<boolean> {
    for (let spent = 0; spent <= withinMs; spent += stepMs) {
      await this.advance(0);
      if (isDone()) return true;
      await this.advance(stepMs);
    }
    return isDone();
  }

  #due(end: number): Event | undefined {
    const first = this.#events[0];
    return first !== undefined && first.at <= end ? this.#events.shift() : undefined;
  }

  #insert(event: Event): void {
    let low = 0;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.#events[middle];
      if (other !== undefined && other.at <= event.at) low = middle + 1;
      else high = middle;
    }
    this.#events.splice(low, 0, event);
  }
}
