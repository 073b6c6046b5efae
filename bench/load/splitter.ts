/** How a stream of bytes falls into messages. */
export interface Framing {
  /** The bytes of the message that starts at `start`, or 0 where that cannot be told yet. */
  lengthAt(bytes: Buffer, start: number, end: number): number;
  /** The message is only there until this returns. */
  onMessage(bytes: Buffer, start: number, end: number): void;
}

/** Cuts what comes in into messages. Most reads hold whole ones, and nothing is copied for those. */
export class Splitter {
  readonly #framing: Framing;
  #rest: Buffer[] = [];
  #restBytes = 0;
  /** How much of the message that was begun is needed before it is worth looking again. */
  #neededBytes = 0;

  constructor(framing: Framing) {
    this.#framing = framing;
  }

  push(bytes: Buffer, length: number): void {
    if (this.#restBytes === 0) {
      this.#split(bytes, length);
      return;
    }
    this.#keep(bytes, 0, length);
    if (this.#restBytes < this.#neededBytes) return;
    const whole = Buffer.concat(this.#rest);
    this.#rest = [];
    this.#restBytes = 0;
    this.#split(whole, whole.length);
  }

  #split(bytes: Buffer, end: number): void {
    let start = 0;
    while (start < end) {
      const length = this.#framing.lengthAt(bytes, start, end);
      if (length === 0 || start + length > end) {
        this.#neededBytes = length;
        this.#keep(bytes, start, end);
        return;
      }
      this.#framing.onMessage(bytes, start, start + length);
      start += length;
    }
  }

  #keep(bytes: Buffer, start: number, end: number): void {
    this.#rest.push(Buffer.from(bytes.subarray(start, end)));
    this.#restBytes += end - start;
  }
}
