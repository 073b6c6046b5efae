import type { ConferError } from '../errors.ts';
import { type Deadline, Deferred, type FailureSource, throwIfAborted } from './deadline.ts';

interface Pending {
  readonly isMet: () => boolean;
  readonly deferred: Deferred<void>;
}

/**
 * A condition variable: those who wait until something holds, each with its own predicate and deadline.
 * Whoever changes the state that they look at calls `notify`.
 */
export class ConditionVariable {
  readonly #subject: string;
  readonly #source: FailureSource;
  readonly #pending = new Set<Pending>();
  /** Why nothing will come any more. */
  #over: ConferError | undefined;

  /** They wait for `subject`, and `source` can say what it lacks. */
  constructor(subject: string, source: FailureSource) {
    this.#subject = subject;
    this.#source = source;
  }

  /** `what` names what the subject is then. */
  async until(isMet: () => boolean, deadline: Deadline, what: string): Promise<void> {
    if (isMet()) return;
    if (this.#over !== undefined) throw this.#over;
    throwIfAborted(deadline.signal);
    const late = () => `${this.#subject} was not ${what}`;
    const deferred = new Deferred<void>(deadline, this.#source, late, () =>
      this.#pending.delete(pending),
    );
    const pending = { isMet, deferred };
    this.#pending.add(pending);
    return deferred.promise;
  }

  notify(): void {
    for (const pending of this.#pending)
      if (pending.isMet()) {
        this.#pending.delete(pending);
        pending.deferred.resolve();
      }
  }

  /** What they wait for will not come. */
  fail(error: ConferError): void {
    this.#over = error;
    for (const { deferred } of this.#pending) deferred.reject(error);
    this.#pending.clear();
  }

  /** What they wait for no longer matters. */
  release(): void {
    for (const { deferred } of this.#pending) deferred.resolve();
    this.#pending.clear();
  }
}
