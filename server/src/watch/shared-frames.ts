import type { Frame } from './frames.ts';

/** Frames that are made one by one, when the first watch comes for them, and handed to all. */
export class SharedFrames {
  readonly #made: Frame[] = [];
  readonly #source: Iterator<Frame>;

  constructor(source: Iterable<Frame>) {
    this.#source = source[Symbol.iterator]();
  }

  /** `undefined` behind the last one. */
  at(place: number): Frame | undefined {
    while (this.#made.length <= place) {
      const next = this.#source.next();
      if (next.done === true) return undefined;
      this.#made.push(next.value);
    }
    return this.#made[place];
  }
}
