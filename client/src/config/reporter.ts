import { limits, type Rejection, type Timer } from '@confer/shared';
import type { ClientContext } from '../watch/context.ts';

/** What a program makes of one subtree. */
export interface Made {
  readonly applied: number | undefined;
  readonly rejected: Rejection | undefined;
}

/** A thousand programs that judge the same commit do not say so in the same moment. */
const SPREAD_MS = 1_000;

/**
 * Tells the server how far the configuration below some paths has come, over each connection anew. The last word is
 * what counts, so there is at most one each second; that it did not arrive is no harm.
 */
export class Reporter {
  readonly #context: ClientContext;
  readonly #made = new Map<string, Made>();
  readonly #unsent = new Set<string>();
  readonly #off: () => void;
  #timer: Timer | undefined;
  #isClosed = false;

  constructor(context: ClientContext) {
    this.#context = context;
    this.#off = context.onStatus(() => this.#statusChanged());
  }

  say(path: string, made: Made): void {
    const last = this.#made.get(path);
    if (
      last?.applied === made.applied &&
      last?.rejected?.revision === made.rejected?.revision &&
      last?.rejected?.reason === made.rejected?.reason
    )
      return;
    this.#made.set(path, made);
    this.#unsent.add(path);
    this.#schedule();
  }

  close(): void {
    this.#isClosed = true;
    this.#off();
    this.#timer?.cancel();
    if (this.#context.connection.status.kind !== 'open') return;
    for (const path of this.#made.keys())
      this.#context.requests.tell((id) => ({ type: 'report', id, path }));
  }

  #statusChanged(): void {
    if (this.#context.connection.status.kind !== 'open') return;
    for (const path of this.#made.keys()) this.#unsent.add(path);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isClosed || this.#unsent.size === 0) return;
    const delayMs = this.#context.random() * SPREAD_MS;
    this.#timer ??= this.#context.clock.setTimer(delayMs, () => this.#send());
  }

  /** What is not sent now is sent over the next connection. */
  #send(): void {
    this.#timer = undefined;
    if (this.#context.connection.status.kind !== 'open') return;
    for (const path of this.#unsent) {
      const { applied, rejected } = this.#made.get(path) ?? {};
      this.#context.requests.tell((id) => ({ type: 'report', id, path, applied, rejected }));
    }
    this.#unsent.clear();
  }
}

/** As much of a reason as a server takes, without half a character at its end. */
export function clipped(reason: string): string {
  return reason.slice(0, limits.reasonLengthMax).replace(/\p{Surrogate}/gu, '\uFFFD');
}
