import type { WaitOptions } from '../../api.ts';
import type { Deadline } from '../../requests/deadline.ts';
import type { ClientContext } from '../../watch/context.ts';

/** For how long somebody waits for others, while the server has at least the time that a request has. */
export class Patience {
  readonly #context: ClientContext;
  readonly #endsAt: number;
  readonly #signal: AbortSignal | undefined;

  constructor(context: ClientContext, waitMs: number, signal: AbortSignal | undefined) {
    this.#context = context;
    this.#endsAt = context.clock.now() + waitMs;
    this.#signal = signal;
  }

  get leftMs(): number {
    return Math.max(0, this.#endsAt - this.#context.clock.now());
  }

  /** For a request. */
  get wait(): WaitOptions {
    const signal = this.#signal === undefined ? {} : { signal: this.#signal };
    const { timeoutMs } = this.#context.newDeadline(signal);
    return { ...signal, timeoutMs: Math.max(this.leftMs, timeoutMs) };
  }

  /** For what the server does not decide alone. */
  get deadline(): Deadline {
    const signal = this.#signal === undefined ? {} : { signal: this.#signal };
    return this.#context.newDeadline({ ...signal, timeoutMs: this.leftMs });
  }
}
