/** In the order of `enum record` in `shim/shim.h`, from 1. */
const KINDS = [
  'open',
  'write',
  'resize',
  'sync-start',
  'sync-end',
  'rename',
  'link',
  'unlink',
  'mkdir',
  'rmdir',
  'stdout',
  'map',
  'failed',
] as const;

export const OPEN_CREATED = 1;
export const OPEN_TRUNCATED = 2;
export const OPEN_DIRECTORY = 4;
/** Flag of a `sync-start`: of the write before it alone. */
export const SYNC_OF_WRITE = 1;

/** One record of the shim's log, as `struct header` in `shim/log.c` has it. */
export interface LogRecord {
  readonly kind: (typeof KINDS)[number];
  /** The descriptor that it is about, among all that ever were. */
  readonly descriptor: string;
  readonly flags: number;
  /** `errno` */
  readonly error: number;
  /** Offset, size or number of the sync. */
  readonly a: number;
  readonly b: number;
  readonly path: string;
  readonly other: string;
  readonly data: Buffer;
}

const HEADER_BYTES = 48;

/** A process that was killed may have left a part of a record at the end. */
export function readLog(log: Buffer): LogRecord[] {
  const records: LogRecord[] = [];
  let at = 0;
  while (at + HEADER_BYTES <= log.length) {
    const length = log.readUInt32LE(at);
    if (at + length > log.length) break;
    records.push(readRecord(log.subarray(at, at + length)));
    at += length;
  }
  return records;
}

function readRecord(record: Buffer): LogRecord {
  const kind = KINDS[record.readUInt32LE(4) - 1];
  if (kind === undefined) throw new Error('not a log of the shim');
  const otherAt = HEADER_BYTES + record.readUInt32LE(40);
  const dataAt = otherAt + record.readUInt32LE(44);
  return {
    kind,
    descriptor: `${record.readUInt32LE(8)}:${record.readUInt32LE(12)}`,
    flags: record.readUInt32LE(16),
    error: record.readInt32LE(20),
    a: Number(record.readBigInt64LE(24)),
    b: Number(record.readBigInt64LE(32)),
    path: record.toString('utf8', HEADER_BYTES, otherAt),
    other: record.toString('utf8', otherAt, dataAt),
    data: record.subarray(dataAt),
  };
}
