import { crc32 } from 'node:zlib';

const SUM_BYTES = 4;

/** What a row that is not as it was written is read as: no text of ours begins so. */
export const DAMAGED = '\u0000damaged';

/** Most rows are encoded into the same memory: a buffer for each costs as much as its checksum. */
const shared = Buffer.allocUnsafeSlow(128 * 1024);
const UNIT_BYTES_MAX = 3;

/**
 * A row whose text is long. Its sum is known before its bytes are there, and is taken once. From when they are, they are
 * what it is: so a text that is held for a while lies once in memory, where V8 does not move it about.
 */
export class LongRow {
  /** Code units of its text. */
  readonly length: number;
  /** The CRC-32 of its text in UTF-8. */
  readonly sum: number;
  #held: string | Buffer;

  private constructor(length: number, sum: number, held: string | Buffer) {
    this.length = length;
    this.sum = sum;
    this.#held = held;
  }

  static of(text: string, sum: number): LongRow {
    return new LongRow(text.length, sum, text);
  }

  /** One that was written before, or `undefined` where it is not as it was then. The bytes must stay as they are. */
  static read(bytes: Buffer, sum: number): LongRow | undefined {
    const text = bytes.readUInt32LE(0) === sum ? decodeRow(bytes) : undefined;
    return text === undefined ? undefined : new LongRow(text.length, sum, bytes);
  }

  get text(): string {
    return typeof this.#held === 'string' ? this.#held : this.#held.toString('utf8', SUM_BYTES);
  }

  /** As it is stored, where it was written already. */
  get bytes(): Buffer | undefined {
    return typeof this.#held === 'string' ? undefined : this.#held;
  }

  get byteLength(): number {
    return this.bytes?.length ?? SUM_BYTES + Buffer.byteLength(this.text);
  }

  /** Writes its bytes, which must stay as they are then; returns where they end. */
  moveTo(room: Buffer, start: number): number {
    if (typeof this.#held !== 'string') return start + this.#held.copy(room, start);
    const end = writeRow(room, start, this.#held, this.sum);
    this.#held = room.subarray(start, end);
    return end;
  }
}

/** A row: the CRC-32 of its text, lowest byte first, and the text in UTF-8. */
export const rowCodec = {
  /** What is returned is good until the next call: a put within a transaction has copied it when it returns. */
  encode(row: string | LongRow): Buffer {
    return typeof row === 'string' ? encoded(row) : (row.bytes ?? encoded(row.text, row.sum));
  },

  /** lmdb-js hands in the room that it read to, and says how much of it counts. */
  decode(room: Buffer, options?: number | { readonly end?: number }): string {
    const end = typeof options === 'number' ? options : (options?.end ?? room.length);
    return decodeRow(room, end) ?? DAMAGED;
  },
};

/** The text of a row, or `undefined` where it is not as it was written. */
export function decodeRow(row: Buffer, end = row.length): string | undefined {
  if (end < SUM_BYTES || crc32(row.subarray(SUM_BYTES, end)) !== row.readUInt32LE(0))
    return undefined;
  return row.toString('utf8', SUM_BYTES, end);
}

function encoded(text: string, sum?: number): Buffer {
  const isShort = SUM_BYTES + text.length * UNIT_BYTES_MAX <= shared.length;
  const room = isShort ? shared : Buffer.allocUnsafe(SUM_BYTES + Buffer.byteLength(text));
  return room.subarray(0, writeRow(room, 0, text, sum));
}

/** Returns where it ends. */
function writeRow(room: Buffer, start: number, text: string, sum?: number): number {
  const textStart = start + SUM_BYTES;
  const end = textStart + room.write(text, textStart);
  room.writeUInt32LE(sum ?? crc32(room.subarray(textStart, end)), start);
  return end;
}
