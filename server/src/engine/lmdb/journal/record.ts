import { crc32 } from 'node:zlib';
import { assert } from '@confer/shared';
import type { LogRow } from '../log.ts';

/**
 * A record begins on a page of its own, so that no write touches the page of one that was
 * acknowledged: a disk that loses power amid a write may leave anything in that page.
 */
export const PAGE_BYTES = 4_096;

/** With a zero byte, which no row has in it: rows are JSON. So a row never looks like a record. */
const MAGIC = Buffer.from('\0confer1');

const at = { magic: 0, checksum: 8, generation: 12, bytes: 16, rows: 20, index: 24 };
const ROW_INDEX_BYTES = 16;

/** What is written at once: the rows of a batch, all of them or, after a crash, none. */
export interface JournalRecord {
  /** Of the file: it grows each time that the writing begins in one of the two anew. */
  readonly generation: number;
  readonly rows: readonly LogRow[];
}

/** A record as it was found, with the pages that it takes. */
export interface FoundRecord extends JournalRecord {
  readonly bytes: number;
}

/**
 * The bytes of a record, filled up to whole pages. The checksum begins with the epoch, so that what
 * another history left behind is no record of this one.
 */
export function recordBytes({ generation, rows }: JournalRecord, epoch: string): Buffer[] {
  const head = Buffer.alloc(at.index + ROW_INDEX_BYTES * rows.length);
  let position = at.index;
  let bytes = head.length;
  for (const { key, bytes: row } of rows) {
    const [revision, part] = key;
    position = head.writeUInt32LE(Math.floor(revision / 2 ** 32), position);
    position = head.writeUInt32LE(revision % 2 ** 32, position);
    position = head.writeUInt32LE(part, position);
    position = head.writeUInt32LE(row.length, position);
    bytes += row.length;
  }
  MAGIC.copy(head, at.magic);
  head.writeUInt32LE(generation, at.generation);
  head.writeUInt32LE(bytes, at.bytes);
  head.writeUInt32LE(rows.length, at.rows);
  let checksum = crc32(head.subarray(at.generation), crc32(epoch));
  for (const row of rows) checksum = crc32(row.bytes, checksum);
  head.writeUInt32LE(checksum, at.checksum);
  const rest = (PAGE_BYTES - (bytes % PAGE_BYTES)) % PAGE_BYTES;
  return [head, ...rows.map((row) => row.bytes), Buffer.alloc(rest)];
}

/** The record that begins at an offset, or `undefined` where there is none that is whole. */
export function recordAt(file: Buffer, offset: number, epoch: string): FoundRecord | undefined {
  const head = file.subarray(offset, offset + at.index);
  if (head.length < at.index || !head.subarray(0, at.checksum).equals(MAGIC)) return undefined;
  const bytes = head.readUInt32LE(at.bytes);
  const rowCount = head.readUInt32LE(at.rows);
  const record = file.subarray(offset, offset + bytes);
  if (record.length < bytes || bytes < at.index + ROW_INDEX_BYTES * rowCount) return undefined;
  const checksum = crc32(record.subarray(at.generation), crc32(epoch));
  if (checksum !== head.readUInt32LE(at.checksum)) return undefined;
  const pages = Math.ceil(bytes / PAGE_BYTES);
  return {
    generation: head.readUInt32LE(at.generation),
    rows: rowsOf(record, rowCount),
    bytes: pages * PAGE_BYTES,
  };
}

function rowsOf(record: Buffer, rowCount: number): LogRow[] {
  const rows: LogRow[] = [];
  let start = at.index + ROW_INDEX_BYTES * rowCount;
  for (let i = 0; i < rowCount; i++) {
    const index = at.index + ROW_INDEX_BYTES * i;
    const revision = record.readUInt32LE(index) * 2 ** 32 + record.readUInt32LE(index + 4);
    const end = start + record.readUInt32LE(index + 12);
    rows.push({
      key: [revision, record.readUInt32LE(index + 8)],
      bytes: record.subarray(start, end),
    });
    start = end;
  }
  assert(start === record.length, 'the rows of a record are what it holds');
  return rows;
}
