/**
 * A queue of calls to listeners, in the order of what they tell: re-entrancy guarded. A listener looks at
 * the client that calls it, so nothing is told before the state is whole, and what a listener causes is
 * told after it, never in the middle of it.
 */
export class ListenerQueue {
  readonly #report: (error: unknown) => void;
  readonly #waiting: (() => void)[] = [];
  #holds = 0;
  #telling = false;
  #listenerErrors = 0;

  /** `report` is told of what listeners throw. It must not throw itself. */
  constructor(report: (error: unknown) => void) {
    this.#report = report;
  }

  /** How often a listener threw. */
  get listenerErrors(): number {
    return this.#listenerErrors;
  }

  /** Runs `tell` now or, while state is being changed, right after. */
  post(tell: () => void): void {
    this.#waiting.push(tell);
    this.#flush();
  }

  /** Runs `work`; what it posts waits until it is done. */
  hold(work: () => void): void {
    this.#holds++;
    try {
      work();
    } finally {
      this.#holds--;
      this.#flush();
    }
  }

  /** Calls one listener. That it fails stops nobody else. */
  call<Event>(listener: (event: Event) => void, event: Event): void {
    callBack(listener, event, (error) => {
      this.#listenerErrors++;
      this.#report(error);
    });
  }

  #flush(): void {
    if (this.#holds > 0 || this.#telling) return;
    this.#telling = true;
    try {
      for (let tell = this.#waiting.shift(); tell; tell = this.#waiting.shift()) tell();
    } finally {
      this.#telling = false;
    }
  }
}

/**
 * Calls a function of the user, isolated from the client. What it throws is its own matter, and so is the
 * rejection of an `async` one, which nobody awaits: unhandled, Node ends the whole process with it. It need
 * not be a `Promise` of this realm, but can be anything with a `then`.
 */
export function callBack<Event>(
  callback: (event: Event) => unknown,
  event: Event,
  failed: (error: unknown) => void,
): void {
  try {
    const outcome = callback(event);
    if (outcome) new Promise((resolve) => resolve(outcome)).catch(failed);
  } catch (error) {
    failed(error);
  }
}
