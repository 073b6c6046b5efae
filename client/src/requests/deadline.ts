import type { Clock, Timer } from '@confer/shared';
import type { WaitOptions } from '../api.ts';
import { ConferError, TimeoutError } from '../errors.ts';
import { durationMs, signal } from '../validation/argument-types.ts';
import { checkOptions } from '../validation/arguments.ts';

/** How long a wait may last, and what else ends it. */
export interface Wait {
  /** As the caller said it, for the message. */
  readonly timeoutMs: number;
  readonly endsAt: number;
  readonly signal: AbortSignal | undefined;
}

/** Whose state says why something does not come. */
export interface Troubled {
  /** For the end of a message; empty when nothing is known to be wrong. */
  readonly trouble: string;
}

/** A promise that its owner settles, unless time or a signal does it first. Settles once. */
export class Waiter<Value> {
  readonly promise: Promise<Value>;
  readonly #signal: AbortSignal | undefined;
  readonly #timer: Timer;
  #pending: { resolve(value: Value): void; reject(error: unknown): void } | undefined;
  /** Called when time or the signal has ended the wait, for its owner to forget it. */
  readonly #onGivenUp: () => void;
  readonly #abort = () => this.#giveUp(abortError(this.#signal));

  /** `late` says what was not there in time, and `link` may know why. */
  constructor(clock: Clock, wait: Wait, link: Troubled, late: () => string, onGivenUp: () => void) {
    this.#signal = wait.signal;
    this.#onGivenUp = onGivenUp;
    this.promise = new Promise((resolve, reject) => {
      this.#pending = { resolve, reject };
    });
    const leftMs = Math.max(0, wait.endsAt - clock.now());
    this.#timer = clock.setTimer(leftMs, () =>
      this.#giveUp(new TimeoutError(`${late()} within ${wait.timeoutMs} ms${link.trouble}`)),
    );
    wait.signal?.addEventListener('abort', this.#abort);
  }

  resolve(value: Value): void {
    this.#take()?.resolve(value);
  }

  reject(error: unknown): void {
    this.#take()?.reject(error);
  }

  #giveUp(error: ConferError): void {
    const pending = this.#take();
    if (pending === undefined) return;
    this.#onGivenUp();
    pending.reject(error);
  }

  /** Who takes it settles it. No timer and no listener outlives that. */
  #take() {
    const pending = this.#pending;
    this.#pending = undefined;
    this.#timer.cancel();
    this.#signal?.removeEventListener('abort', this.#abort);
    return pending;
  }
}

/** Refuses to begin what is aborted already. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw abortError(signal);
}

function abortError(signal: AbortSignal | undefined): ConferError {
  return new ConferError('aborted', 'aborted by its signal', { cause: signal?.reason });
}

/** How long the calls of a client may take. */
export class Timeouts {
  readonly #clock: Clock;
  readonly #requestMs: number;

  constructor(clock: Clock, requestMs: number) {
    this.#clock = clock;
    this.#requestMs = requestMs;
  }

  /** All that a call waits for in turn has this time together. */
  wait(options: WaitOptions = {}): Wait {
    checkOptions(options, { timeoutMs: durationMs, signal });
    const timeoutMs = options.timeoutMs ?? this.#requestMs;
    return { timeoutMs, endsAt: this.#clock.now() + timeoutMs, signal: options.signal };
  }
}
