import { GOES_ON, limits, times } from '@confer/shared';

/** What a frame made of a message that comes in pieces. */
export type Assembled =
  | { readonly kind: 'whole'; readonly message: string }
  | { readonly kind: 'more' }
  | { readonly kind: 'too large' };

/**
 * Puts together the messages of one connection that are too long for a frame. A frame is kept by the socket library
 * until it is whole, whoever sends it; so frames are small, and only of somebody who is known more than one is kept.
 */
export class Assembly {
  #pieces: string[] = [];
  #bytes = 0;
  #beats = 0;

  take(frame: string): Assembled {
    const goesOn = frame.startsWith(GOES_ON);
    if (!goesOn && this.#pieces.length === 0) return { kind: 'whole', message: frame };
    const piece = goesOn ? frame.slice(GOES_ON.length) : frame;
    this.#pieces.push(piece);
    this.#bytes += Buffer.byteLength(piece);
    if (this.#bytes > limits.messageBytesMax || this.#pieces.length > limits.piecesMax) {
      this.clear();
      return { kind: 'too large' };
    }
    if (goesOn) return { kind: 'more' };
    const message = this.#pieces.join('');
    this.clear();
    return { kind: 'whole', message };
  }

  /** Once a heartbeat period: whether a message takes longer than one may. */
  beat(): boolean {
    if (this.#pieces.length > 0) this.#beats += 1;
    return this.#beats > times.frameBeatsMax;
  }

  clear(): void {
    this.#pieces = [];
    this.#bytes = 0;
    this.#beats = 0;
  }
}
