import type { Clock } from '@confer/shared';

/**
 * Something that is read now and then from what may hang, as a disk does. One reading is under way at a time, however
 * many ask: each that hangs holds one of the few threads that Node has for files.
 */
export class LatestReading<Value> {
  readonly #read: () => Promise<Value>;
  readonly #clock: Clock;
  readonly #patienceMs: number;
  #underWay: Promise<void> | undefined;
  #latest: Value | undefined;

  constructor(read: () => Promise<Value>, clock: Clock, patienceMs: number) {
    this.#read = read;
    this.#clock = clock;
    this.#patienceMs = patienceMs;
  }

  /** As it is now, or as it was where that takes too long; `undefined` where it is not known. Never rejects. */
  async get(): Promise<Value | undefined> {
    this.#underWay ??= this.#begin();
    await this.#withPatience(this.#underWay);
    return this.#latest;
  }

  #withPatience(reading: Promise<void>): Promise<void> {
    return new Promise((resume) => {
      const timer = this.#clock.setTimer(this.#patienceMs, resume);
      void reading.then(() => {
        timer.cancel();
        resume();
      });
    });
  }

  async #begin(): Promise<void> {
    try {
      this.#latest = await this.#read();
    } catch {
      this.#latest = undefined;
    }
    this.#underWay = undefined;
  }
}
