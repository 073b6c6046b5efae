import { StringDecoder } from 'node:string_decoder';

/** Cuts a stream of bytes into lines, those of one chunk together; what has no line feed at its end is `rest`. */
export class LineCutter {
  readonly #lengthMax: number;
  readonly #decoder = new StringDecoder('utf8');
  #pieces: string[] = [];
  #restLength = 0;

  constructor(lengthMax: number) {
    this.#lengthMax = lengthMax;
  }

  /** `undefined` where a line is longer than any may be. */
  take(chunk: Uint8Array): readonly string[] | undefined {
    const [first = '', ...others] = this.#decoder.write(Buffer.from(chunk)).split('\n');
    this.#pieces.push(first);
    this.#restLength += first.length;
    if (this.#restLength > this.#lengthMax) return undefined;
    const rest = others.pop();
    if (rest === undefined) return [];
    const lines = [this.#pieces.join(''), ...others];
    this.#pieces = [rest];
    this.#restLength = rest.length;
    return lines;
  }

  /** Whether there is something behind the last line feed. */
  get hasRest(): boolean {
    return this.#restLength > 0 || this.#decoder.end().length > 0;
  }
}
