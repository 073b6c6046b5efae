import type { Clock } from '@confer/shared';
import type { ConferError } from '../errors.ts';
import { type Troubled, throwIfAborted, type Wait, Waiter } from './deadline.ts';

interface Pending {
  readonly isMet: () => boolean;
  readonly waiter: Waiter<void>;
}

/** Those who wait until something holds. Their owner says when to look again. */
export class Waits {
  readonly #clock: Clock;
  readonly #subject: string;
  readonly #link: Troubled;
  readonly #pending = new Set<Pending>();
  /** Why nothing will come any more. */
  #over: ConferError | undefined;

  /** They wait for `subject`, and `link` can say what it lacks. */
  constructor(clock: Clock, subject: string, link: Troubled) {
    this.#clock = clock;
    this.#subject = subject;
    this.#link = link;
  }

  /** `what` names what the subject is then. */
  async until(isMet: () => boolean, wait: Wait, what: string): Promise<void> {
    if (isMet()) return;
    if (this.#over !== undefined) throw this.#over;
    throwIfAborted(wait.signal);
    const late = () => `${this.#subject} was not ${what}`;
    const waiter = new Waiter<void>(this.#clock, wait, this.#link, late, () =>
      this.#pending.delete(pending),
    );
    const pending = { isMet, waiter };
    this.#pending.add(pending);
    return waiter.promise;
  }

  check(): void {
    for (const pending of this.#pending)
      if (pending.isMet()) {
        this.#pending.delete(pending);
        pending.waiter.resolve();
      }
  }

  /** What they wait for will not come. */
  fail(error: ConferError): void {
    this.#over = error;
    for (const { waiter } of this.#pending) waiter.reject(error);
    this.#pending.clear();
  }

  /** What they wait for no longer matters. */
  release(): void {
    for (const { waiter } of this.#pending) waiter.resolve();
    this.#pending.clear();
  }
}
