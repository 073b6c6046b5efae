import { FRAME_BYTES } from './frames.ts';

/** Room for a page whose last text goes a little beyond it. */
const ROOM_BYTES = FRAME_BYTES + 16 * 1024;
/** The part of its room that a frame may take with it unused. */
const UNUSED_PART_MAX = 1 / 8;
/** UTF-8 takes no more for one code unit of a string. */
const UNIT_BYTES_MAX = 3;
const COMMA = 0x2c;

/**
 * Writes a frame that ends in a list of JSON texts, each text where it will stand. To join a page as a
 * string and then to encode that took several times as long: two strings too large for the young
 * generation, for every page. A full page is not copied either, but takes its room with it.
 */
export class PageWriter {
  #room: Buffer = Buffer.allocUnsafeSlow(ROOM_BYTES);
  #length = 0;
  #texts = 0;

  /** Bytes so far. */
  get length(): number {
    return this.#length;
  }

  /** In the list so far. */
  get texts(): number {
    return this.#texts;
  }

  /** `head` is all that stands before the first text. What was begun before and not ended is dropped. */
  begin(head: string): void {
    this.#length = 0;
    this.#texts = 0;
    this.#write(head);
  }

  add(text: string): void {
    this.#reserve(1 + text.length * UNIT_BYTES_MAX);
    if (this.#texts++ > 0) this.#room[this.#length++] = COMMA;
    this.#length += this.#room.write(text, this.#length);
  }

  end(): Uint8Array {
    this.#write(']}');
    const room = this.#room;
    const frame = room.subarray(0, this.#length);
    if (frame.length < room.length * (1 - UNUSED_PART_MAX)) {
      if (room.length > ROOM_BYTES) this.#room = Buffer.allocUnsafeSlow(ROOM_BYTES);
      // `Buffer.from` takes it out of a pool, whose whole slab (64 KiB on Node 24) would be kept with it.
      return new Uint8Array(frame);
    }
    this.#room = Buffer.allocUnsafeSlow(ROOM_BYTES);
    return frame;
  }

  #write(text: string): void {
    this.#reserve(text.length * UNIT_BYTES_MAX);
    this.#length += this.#room.write(text, this.#length);
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed <= this.#room.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.#room.length));
    larger.set(this.#room.subarray(0, this.#length));
    this.#room = larger;
  }
}
