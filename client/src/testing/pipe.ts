/** One direction of a connection in memory: what is put in arrives in order, each in a turn of the promises of its own. */
export class Pipe {
  #waiting: (() => void)[] = [];
  #isHeld = false;

  /** `deliver` is called when it arrives. */
  put(deliver: () => void): void {
    this.#waiting.push(deliver);
    this.#schedule();
  }

  /** Nothing arrives until `release`, and nothing is lost. */
  hold(): void {
    this.#isHeld = true;
  }

  release(): void {
    this.#isHeld = false;
    for (const _ of this.#waiting) this.#schedule();
  }

  /** What is on its way never arrives. */
  clear(): void {
    this.#waiting = [];
  }

  /** Not by `queueMicrotask`, in whose place test runners put their own. */
  #schedule(): void {
    void Promise.resolve().then(() => {
      if (!this.#isHeld) this.#waiting.shift()?.();
    });
  }
}
