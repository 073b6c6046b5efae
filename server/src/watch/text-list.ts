import { FRAME_BYTES } from './frames.ts';

/** Room for a page whose last text went a little beyond it. */
const ROOM_BYTES = FRAME_BYTES + 64 * 1024;
/** UTF-8 takes no more for one code unit of a string. */
const UNIT_BYTES_MAX = 3;
const COMMA = 0x2c;

/**
 * JSON texts with a comma between them, as the UTF-8 that travels. Each text is written where it will
 * stand: to join a page as a string first and then to encode it takes more than ten times as long,
 * nearly all of it for the memory of two strings too large for the young generation.
 */
export class TextList {
  #room: Buffer = Buffer.allocUnsafeSlow(ROOM_BYTES);
  #length = 0;

  /** Bytes. */
  get length(): number {
    return this.#length;
  }

  /** What was added, until something else is. */
  get bytes(): Uint8Array {
    return this.#room.subarray(0, this.#length);
  }

  add(text: string): void {
    this.#reserve(1 + text.length * UNIT_BYTES_MAX);
    if (this.#length > 0) this.#room[this.#length++] = COMMA;
    this.#length += this.#room.write(text, this.#length);
  }

  /** Begins anew; what a single large page needed is let go. */
  clear(): void {
    this.#length = 0;
    if (this.#room.length > ROOM_BYTES) this.#room = Buffer.allocUnsafeSlow(ROOM_BYTES);
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed <= this.#room.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.#room.length));
    larger.set(this.bytes);
    this.#room = larger;
  }
}
