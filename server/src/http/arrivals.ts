/**
 * So many requests that only read are begun in one turn of the event loop: to find out who asks, and to open the watch of
 * one that waits, takes a tenth of a millisecond and more, and thousands may come at once.
 */
const BEGUN_MAX = 50;

/** Lets requests begin a few at a time, in the order that they came in. */
export class Arrivals {
  readonly #defer: (run: () => void) => void;
  #waiting: (() => void)[] = [];
  /** In this turn. */
  #begun = 0;
  #isDeferred = false;

  /** `defer` runs something in a turn of its own, soon. */
  constructor(defer: (run: () => void) => void) {
    this.#defer = defer;
  }

  /** Resolves in the turn in which a request may begin; `undefined`: it is this one. */
  turn(): Promise<void> | undefined {
    this.#nextLater();
    // safeguard: few-are-begun-in-a-turn
    if (this.#waiting.length === 0 && this.#begun < BEGUN_MAX) {
      this.#begun++;
      return undefined;
    }
    return new Promise((begin) => this.#waiting.push(begin));
  }

  #nextLater(): void {
    if (this.#isDeferred) return;
    this.#isDeferred = true;
    this.#defer(() => this.#next());
  }

  #next(): void {
    this.#isDeferred = false;
    const next = this.#waiting.slice(0, BEGUN_MAX);
    this.#waiting = this.#waiting.slice(next.length);
    this.#begun = next.length;
    for (const begin of next) begin();
    if (next.length > 0) this.#nextLater();
  }
}
