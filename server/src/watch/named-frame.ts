import type { Frame } from './frames.ts';

const END = Buffer.from(']}');

/**
 * A frame that watches of several names need: a head with the name, and a list that is the same for
 * all. Holds the frame of the name that was last asked for, and makes that of another one by copying
 * the list, which takes a small part of what making it took. A frame that was handed out never
 * changes: a socket may still be at it.
 */
export class NamedFrame {
  readonly #headOf: (watch: string) => string;
  readonly #rest: number;
  #watch: string;
  #frame: Frame;

  /** `headOf` gives all that comes before the first item of the list. */
  constructor(headOf: (watch: string) => string, list: Uint8Array, watch: string) {
    this.#headOf = headOf;
    this.#watch = watch;
    this.#frame = Buffer.concat([Buffer.from(headOf(watch)), list, END]);
    this.#rest = list.length + END.length;
  }

  get bytes(): number {
    return this.#frame.length;
  }

  of(watch: string): Frame {
    if (watch !== this.#watch) {
      const rest = this.#frame.subarray(this.#frame.length - this.#rest);
      this.#frame = Buffer.concat([Buffer.from(this.#headOf(watch)), rest]);
      this.#watch = watch;
    }
    return this.#frame;
  }
}
