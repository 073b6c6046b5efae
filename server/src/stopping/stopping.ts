import type { Clock } from '@confer/shared';
import { StartError } from '../errors.ts';
import { StopError } from './stop-error.ts';
import { afterEvent, type StopEvent, type StopState } from './stop-state.ts';

/** Putting in order what was written may have this much of the time there is, up to this. */
const FLUSH_SHARE = 0.3;
/** Longer than a gateway asks what became of its last writes. */
const FLUSH_MS_MAX = 6_000;

export interface StoppingTimes {
  /** How long a server is served as ever after it said that it is not ready. */
  readonly delayMs: number;
  /** Of all of it, that delay included. */
  readonly timeoutMs: number;
}

export interface StoppingParts extends StoppingTimes {
  readonly clock: Clock;
  /** Says to those who send clients here that they should not. */
  readonly announce: () => void;
  /** Lets nobody in, and sends everybody away. Takes no longer than that. */
  readonly part: (withinMs: number) => Promise<void>;
  /** Puts in order what was written, and lets go of everything. */
  readonly flush: () => Promise<void>;
}

const TIMEOUT_MS = 20_000;
const HOUR_MS = 3_600_000;

/** Rejects times in which nothing can be stopped, or for which nobody waits. */
export function stoppingTimes({
  drainDelayMs: delayMs = 0,
  drainTimeoutMs: timeoutMs = TIMEOUT_MS,
}: {
  readonly drainDelayMs?: number;
  readonly drainTimeoutMs?: number;
}): StoppingTimes {
  if (!(delayMs >= 0 && timeoutMs > 0 && timeoutMs <= HOUR_MS))
    throw new StartError('invalid', 'a server stops within more than 0 and at most an hour');
  if (delayMs >= timeoutMs)
    throw new StartError(
      'invalid',
      `the time to stop in (${timeoutMs} ms) begins with the delay of ${delayMs} ms, so it has to be longer`,
    );
  return { delayMs, timeoutMs };
}

/** Takes a server to its end, step by step, within a time. */
export class Stopping {
  readonly #parts: StoppingParts;
  readonly #stopped: Promise<void>;
  #resolve: () => void = () => {};
  #reject: (error: unknown) => void = () => {};
  #state: StopState = { kind: 'serving' };

  constructor(parts: StoppingParts) {
    this.#parts = parts;
    this.#stopped = new Promise<void>((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  get state(): StopState {
    return this.#state;
  }

  /**
   * The same promise however often it is called. Rejects with a `StopError` when the time is over, and with what went
   * wrong where something did.
   */
  stop(): Promise<void> {
    this.#happened('asked');
    return this.#stopped;
  }

  /** The only door from one state to another. */
  #happened(event: StopEvent): void {
    const next = afterEvent(this.#state, event);
    if (next === this.#state) return;
    this.#state = next;
    this.#enter(next);
  }

  #enter(state: StopState): void {
    switch (state.kind) {
      case 'serving':
        return;
      case 'announced':
        this.#announce();
        return;
      case 'parting':
        void this.#parts.part(this.#partMs).then(() => this.#happened('parted'), this.#failed);
        return;
      case 'flushing':
        void this.#parts.flush().then(() => this.#happened('flushed'), this.#failed);
        return;
      case 'stopped':
        if (state.unfinished === undefined) this.#resolve();
        else this.#reject(new StopError(this.#parts.timeoutMs, state.unfinished));
    }
  }

  #announce(): void {
    const { clock, announce, delayMs, timeoutMs } = this.#parts;
    announce();
    const late = clock.setTimer(timeoutMs, () => this.#happened('late'));
    const forget = () => late.cancel();
    this.#stopped.then(forget, forget);
    if (delayMs === 0) this.#happened('seen');
    else clock.setTimer(delayMs, () => this.#happened('seen'));
  }

  get #partMs(): number {
    const { delayMs, timeoutMs } = this.#parts;
    const leftMs = timeoutMs - delayMs;
    return leftMs - Math.min(FLUSH_MS_MAX, leftMs * FLUSH_SHARE);
  }

  readonly #failed = (error: unknown) => {
    this.#state = { kind: 'stopped' };
    this.#reject(error);
  };
}
