import { FRAME_BYTES, type Frame } from './frames.ts';

/** Room for a page whose last text went a little beyond it. */
const ROOM_BYTES = FRAME_BYTES + 64 * 1024;
/** UTF-8 takes no more for one code unit of a string. */
const UNIT_BYTES_MAX = 3;
const COMMA = 0x2c;

/**
 * JSON texts with a comma between them, as the UTF-8 that travels. Each text is written where it will
 * stand. To join a page as a string and then to encode that took several times as long: two strings
 * too large for the young generation, for every page.
 */
export class TextList {
  #room: Buffer = Buffer.allocUnsafeSlow(ROOM_BYTES);
  #length = 0;

  /** Bytes. */
  get length(): number {
    return this.#length;
  }

  add(text: string): void {
    this.#reserve(1 + text.length * UNIT_BYTES_MAX);
    if (this.#length > 0) this.#room[this.#length++] = COMMA;
    this.#length += this.#room.write(text, this.#length);
  }

  frame(head: string, end: string): Frame {
    return Buffer.concat([Buffer.from(head), this.#bytes(), Buffer.from(end)]);
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
    larger.set(this.#bytes());
    this.#room = larger;
  }

  #bytes(): Uint8Array {
    return this.#room.subarray(0, this.#length);
  }
}
