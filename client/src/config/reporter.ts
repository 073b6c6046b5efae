import { limits, type Rejection, type Timer } from '@confer/shared';
import type { ClientContext } from '../watch/context.ts';

/** What a program makes of one subtree. */
export interface Made {
  readonly applied: number | undefined;
  readonly rejected: Rejection | undefined;
}

/** A thousand programs that judge the same commit do not say so in the same moment. */
const SPREAD_MS = 1_000;

/** Those of a client. Several of its configurations may be of one path, and a server knows one word about each. */
const reporters = new WeakMap<ClientContext, Set<Reporter>>();

/**
 * Tells the server how far the configuration below some paths has come, over each connection anew. The last word is
 * what counts, so there is at most one each second; that it did not arrive is no harm.
 */
export class Reporter {
  readonly #context: ClientContext;
  readonly #all: Set<Reporter>;
  readonly #made = new Map<string, Made>();
  readonly #unsent = new Set<string>();
  readonly #off: () => void;
  #timer: Timer | undefined;
  #isClosed = false;

  constructor(context: ClientContext) {
    this.#context = context;
    this.#all = reporters.get(context) ?? new Set();
    reporters.set(context, this.#all.add(this));
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
    this.#all.delete(this);
    this.#off();
    this.#timer?.cancel();
    this.#tell(this.#made.keys());
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

  #send(): void {
    this.#tell(this.#unsent);
    this.#unsent.clear();
    this.#timer = this.#context.clock.setTimer(SPREAD_MS, () => {
      this.#timer = undefined;
      this.#schedule();
    });
  }

  /** What is not sent now is sent over the next connection. */
  #tell(paths: Iterable<string>): void {
    const { connection, requests } = this.#context;
    if (connection.status.kind !== 'open') return;
    for (const path of paths) {
      const { applied, rejected } = this.#worst(path) ?? {};
      requests.tell((id) => ({ type: 'report', id, path, applied, rejected }));
    }
  }

  /** One that refuses is news, whatever another one makes of the same. */
  #worst(path: string): Made | undefined {
    const all = [...this.#all].flatMap((each) => each.#made.get(path) ?? []);
    const oldest = all.sort((a, b) => (a.applied ?? 0) - (b.applied ?? 0))[0];
    return all.find(({ rejected }) => rejected !== undefined) ?? oldest;
  }
}

/** As much of a reason as a server takes, without half a character at its end. */
export function clipped(reason: string): string {
  return reason.slice(0, limits.reasonLengthMax).replace(/\p{Surrogate}/gu, '\uFFFD');
}
