import type { Clock, Timer } from '@confer/shared';
import type { WaitOptions } from '../api.ts';
import { ConferError, TimeoutError } from '../errors.ts';
import { signal as abortSignal, durationMs } from '../validation/argument-types.ts';
import { checkOptions } from '../validation/arguments.ts';

/** The deadline of a call: how long its waits may last together, and the signal that ends them. */
export interface Deadline {
  /** That `endsAt` is on. */
  readonly clock: Clock;
  /** As the caller said it, for the message. */
  readonly timeoutMs: number;
  readonly endsAt: number;
  readonly signal: AbortSignal | undefined;
}

/** Whose state says why something does not come. */
export interface FailureSource {
  /** For the end of a message; empty when nothing is known to be wrong. */
  readonly failureReason: string;
}

/** A deferred promise with a deadline: its owner settles it, unless time or a signal does so first. */
export class Deferred<Value> {
  readonly promise: Promise<Value>;
  readonly #signal: AbortSignal | undefined;
  readonly #timer: Timer;
  #pending: { resolve(value: Value): void; reject(error: unknown): void } | undefined;
  /** Called when time or the signal has ended the wait, for its owner to forget it. */
  readonly #onGivenUp: () => void;
  readonly #abort = () => this.#giveUp(abortError(this.#signal));

  /** `late` says what was not there in time, and `source` may know why. */
  constructor(
    deadline: Deadline,
    source: FailureSource,
    late: () => string,
    onGivenUp: () => void,
  ) {
    const { clock, timeoutMs, endsAt, signal } = deadline;
    this.#signal = signal;
    this.#onGivenUp = onGivenUp;
    this.promise = new Promise((resolve, reject) => {
      this.#pending = { resolve, reject };
    });
    const leftMs = Math.max(0, endsAt - clock.now());
    this.#timer = clock.setTimer(leftMs, () =>
      this.#giveUp(new TimeoutError(`${late()} within ${timeoutMs} ms${source.failureReason}`)),
    );
    signal?.addEventListener('abort', this.#abort);
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

/** Makes the deadline of a call out of its options; all that the call waits for has this time together. */
export type NewDeadline = (options?: WaitOptions) => Deadline;

/** `requestMs` is for calls that do not say how long they may take. */
export function deadlinesOn(clock: Clock, requestMs: number): NewDeadline {
  return (options = {}) => {
    checkOptions(options, { timeoutMs: durationMs, signal: abortSignal });
    const { timeoutMs = requestMs, signal } = options;
    return { clock, timeoutMs, endsAt: clock.now() + timeoutMs, signal };
  };
}
