import { diskBytes } from '../errors.ts';

/** A segment of the write-ahead log: so many writes of 100 bytes as many writers make in a second. */
const SEGMENT_BYTES_MAX = 16 * 1024 * 1024;
/** On a small disk: two of them are an eighth of what is kept back there, the rest is for compaction. */
const SEGMENT_DISK_PART = 1 / 256;
const SEGMENT_BYTES_MIN = 64 * 1024;
export const RECORDS_A_SEGMENT_MIN = 16;

/** How large a segment is on the disk of a directory. */
export function segmentBytesOn(directory: string): number {
  const part = Math.floor(diskBytes(directory) * SEGMENT_DISK_PART);
  return Math.max(SEGMENT_BYTES_MIN, Math.min(SEGMENT_BYTES_MAX, part));
}
