import { limits } from '@confer/shared';
import { Queue } from './queue.ts';
import type { Waiting } from './request-turns.ts';

/** What a frame takes beside its text, roughly. */
const FRAME_BYTES = 64;

/**
 * Frames of one connection that came in one piece with so many others that reading them all would take
 * longer than a turn. They are read in the turns to come, in their order.
 */
export class Inbox implements Waiting {
  readonly #frames = new Queue<string>();
  readonly #read: (frame: string) => void;
  #bytes = 0;

  constructor(read: (frame: string) => void) {
    this.#read = read;
  }

  get length(): number {
    return this.#frames.length;
  }

  /** `false` when more came than a client may have waiting. */
  add(frame: string): boolean {
    this.#frames.push(frame);
    this.#bytes += frame.length + FRAME_BYTES;
    return this.#bytes <= limits.waitingBytesMax;
  }

  beginOne(): boolean {
    const frame = this.#frames.shift();
    if (frame === undefined) return false;
    this.#bytes -= frame.length + FRAME_BYTES;
    this.#read(frame);
    return this.length > 0;
  }

  clear(): void {
    this.#frames.clear();
    this.#bytes = 0;
  }
}
