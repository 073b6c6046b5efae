import type { Clock, Timer } from '@confer/shared';
import { reasonOf } from './errors.ts';
import { type LookedUpTo, lookOn } from './file/look-on.ts';

/** So many rows take two milliseconds or three; every so often, that is a twentieth of the event loop's time. */
const STEP_WORK = 2_000;
const STEP_EVERY_MS = 60;
/** What is wrong so often in a row is wrong: a look may fall into the writing of the page that leads to all. */
const TRIES_MAX = 3;

/** Looks through a file that is too large to be looked through before it is opened, once, while it is used. */
export class BackgroundLook {
  readonly #path: string;
  readonly #clock: Clock;
  #from: LookedUpTo | undefined;
  #tries = 0;
  #problem: string | undefined;
  #timer: Timer | undefined;

  constructor(path: string, clock: Clock) {
    this.#path = path;
    this.#clock = clock;
    this.#lookSoon();
  }

  /** What is damaged, once that is known. */
  get problem(): string | undefined {
    return this.#problem;
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #lookSoon(): void {
    this.#timer = this.#clock.setTimer(STEP_EVERY_MS, () => this.#look());
  }

  #look(): void {
    try {
      this.#from = lookOn(this.#path, this.#from, STEP_WORK);
      this.#tries = 0;
      if (this.#from !== undefined) this.#lookSoon();
    } catch (error) {
      if (++this.#tries < TRIES_MAX) this.#lookSoon();
      else this.#problem = `data.mdb is damaged: ${reasonOf(error)}; run confer verify`;
    }
  }
}
