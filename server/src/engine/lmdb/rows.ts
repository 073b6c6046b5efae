import { crc32 } from 'node:zlib';

const SUM_BYTES = 4;

/** What a row that is not as it was written is read as: no text of ours begins so. */
export const DAMAGED = '\u0000damaged';

/** Most rows are encoded into the same memory: a buffer for each costs as much as its checksum. */
const shared = Buffer.allocUnsafeSlow(128 * 1024);
const UNIT_BYTES_MAX = 3;

/** A row: the CRC-32 of its text, lowest byte first, and the text in UTF-8. */
export const rowCodec = {
  /** What is returned is good until the next call: a put within a transaction has copied it when it returns. */
  encode(text: string): Buffer {
    const isShort = SUM_BYTES + text.length * UNIT_BYTES_MAX <= shared.length;
    const room = isShort ? shared : Buffer.allocUnsafe(SUM_BYTES + Buffer.byteLength(text));
    const end = SUM_BYTES + room.write(text, SUM_BYTES);
    room.writeUInt32LE(crc32(room.subarray(SUM_BYTES, end)), 0);
    return room.subarray(0, end);
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
