import { TokenRefused } from './refusal.ts';

/** Lets so many through at a time, and so many more wait; the others are refused at once. */
export class Turnstile {
  readonly #atOnceMax: number;
  readonly #waitingMax: number;
  readonly #waiting: (() => void)[] = [];
  #inside = 0;

  constructor(atOnceMax: number, waitingMax: number) {
    this.#atOnceMax = atOnceMax;
    this.#waitingMax = waitingMax;
  }

  async pass<Result>(run: () => Promise<Result>): Promise<Result> {
    if (this.#inside < this.#atOnceMax) this.#inside++;
    else await this.#wait();
    try {
      return await run();
    } finally {
      // Whoever waits takes over the place, so that nobody comes in between.
      const next = this.#waiting.shift();
      if (next === undefined) this.#inside--;
      else next();
    }
  }

  #wait(): Promise<void> {
    if (this.#waiting.length >= this.#waitingMax)
      throw new TokenRefused('too many tokens are looked at', 'rate_limited');
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}
