import type { Clock, Timer } from '../clock.ts';

export interface ProcessClock {
  readonly clock: Clock;
  /** How long the process has run. */
  readonly uptimeMs: () => number;
  /** Its timers never fire again. */
  readonly kill: () => void;
  /** Time goes on, and timers that fall due wait for `thaw`. */
  readonly freeze: () => void;
  readonly thaw: () => void;
}

interface Event {
  readonly at: number;
  readonly run: () => void;
  cancelled: boolean;
}

/** Lets everything happen that is due without time passing. No I/O runs on this clock, so one turn is enough. */
export function flushPromises(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Time, in whole milliseconds, that moves only when a test says so; events of one moment run in the order they were set. */
export class VirtualClock implements Clock {
  /** What passes at each look at it, as if all that is done took so long. */
  tickMs = 0;
  /** Of this clock: what it shows may be set, but timers run on as if nothing were. */
  #elapsedMs = 0;
  #startedAt = 1_700_000_000_000;
  #events: Event[] = [];

  readonly #isZeroSoon: boolean;

  /** `isZeroSoon`: what waits for no time at all runs in the next turn of the event loop, though time stands still. */
  constructor({ isZeroSoon = false } = {}) {
    this.#isZeroSoon = isZeroSoon;
  }

  now(): number {
    this.#elapsedMs += this.tickMs;
    return this.#startedAt + this.#elapsedMs;
  }

  /** What has passed, whatever is done to what it shows. */
  get elapsedMs(): number {
    return this.#elapsedMs;
  }

  /** Somebody sets the clock of the machine, forward or back. */
  step(stepMs: number): void {
    this.#startedAt += stepMs;
  }

  setTimer(delayMs: number, run: () => void): Timer {
    if (delayMs === 0 && this.#isZeroSoon) {
      const immediate = setImmediate(run);
      return { cancel: () => clearImmediate(immediate) };
    }
    const at = this.#elapsedMs + Math.max(0, Math.ceil(delayMs));
    const event: Event = { at, run, cancelled: false };
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
    const bornMs = this.#elapsedMs;
    let held: (() => void)[] | undefined;
    const clock: Clock = {
      now: () => this.now(),
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
      uptimeMs: () => this.#elapsedMs - bornMs,
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
    await flushPromises();
    for (const next of this.#due(durationMs)) {
      next.run();
      await flushPromises();
    }
  }

  /** The same, where what runs needs no promise to settle in between. */
  advanceAtOnce(durationMs: number): void {
    for (const next of this.#due(durationMs)) next.run();
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

  /** What is due within a time, which passes with it. */
  *#due(durationMs: number): Generator<Event> {
    const end = this.#elapsedMs + durationMs;
    for (let next = this.#events[0]; next !== undefined && next.at <= end; next = this.#events[0]) {
      this.#events.shift();
      this.#elapsedMs = Math.max(this.#elapsedMs, next.at);
      if (!next.cancelled) yield next;
    }
    this.#elapsedMs = end;
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
