import { crc32 } from 'node:zlib';
import type { KeyCodec } from '../keys.ts';
import { type TableKeys, type TableName, tableKeys, tableNames } from '../tables.ts';
import { type MemRows, Memtable } from './memtable.ts';

/**
 * A record begins on a page of its own, so that no write touches the page of one that was
 * acknowledged: a disk that loses power amid a write may leave anything in that page.
 */
export const PAGE_BYTES = 4_096;

/** With a zero byte, which no text of a row has: JSON escapes it. So a row never looks like a record. */
const MAGIC = Buffer.from('\0confer1');

/** The checksum is of all behind it. */
const at = { magic: 0, checksum: 8, bytes: 12, sequence: 16, index: 20, kind: 24, rows: 25 };

const kinds = { rows: 0, turn: 1 } as const;

/** A key of 1,978 bytes at most is what LMDB takes. */
const KEY_BYTES_MAX = 1_978;
const REMOVED = 2 ** 32 - 1;
/** What a row takes beside its texts: its table, two lengths. */
const ROW_HEAD_BYTES = 7;
const UNIT_BYTES_MAX = 3;

/** Where a record stands: in which segment, and which of its records it is. */
export interface RecordPlace {
  readonly sequence: number;
  readonly index: number;
}

/** A record as it was found, with the pages that it takes. */
export interface FoundRecord extends RecordPlace {
  /** What was written with it; nothing for the last of a segment, which says that another follows. */
  readonly rows: Memtable | 'turn';
  readonly pagesBytes: number;
}

/** Writes records. What is left over from one may be used for the next. */
export class RecordWriter {
  readonly #seed: number;
  #room = Buffer.alloc(64 * PAGE_BYTES);

  /** `store`: its identity, so that what another store left behind is no record of this one. */
  constructor(store: string) {
    this.#seed = crc32(store);
  }

  /** The bytes of a record, filled up to whole pages. They are good until the next call. */
  write(place: RecordPlace, rows: Memtable | 'turn'): Buffer {
    let end = at.rows;
    if (rows !== 'turn')
      for (const [number, name] of tableNames.entries())
        end = this.#writeRows(number, name, rows, end);
    const room = this.#roomFor(end);
    MAGIC.copy(room, at.magic);
    room.writeUInt32LE(end, at.bytes);
    room.writeUInt32LE(place.sequence, at.sequence);
    room.writeUInt32LE(place.index, at.index);
    room.writeUInt8(rows === 'turn' ? kinds.turn : kinds.rows, at.kind);
    room.writeUInt32LE(crc32(room.subarray(at.bytes, end), this.#seed), at.checksum);
    const pagesBytes = Math.ceil(end / PAGE_BYTES) * PAGE_BYTES;
    room.fill(0, end, pagesBytes);
    return room.subarray(0, pagesBytes);
  }

  #writeRows<Name extends TableName>(
    number: number,
    name: Name,
    memtable: Memtable,
    start: number,
  ): number {
    const rows: MemRows<TableKeys[Name]> = memtable.rows[name];
    const codec: KeyCodec<TableKeys[Name]> = tableKeys[name];
    let end = start;
    for (const { key, row } of rows.all()) {
      const text = row ?? '';
      const room = this.#roomFor(
        end + ROW_HEAD_BYTES + KEY_BYTES_MAX + text.length * UNIT_BYTES_MAX,
      );
      const keyStart = end + ROW_HEAD_BYTES;
      const keyEnd = codec.writeKey(key, room, keyStart);
      const textEnd = keyEnd + room.write(text, keyEnd);
      room.writeUInt8(number, end);
      room.writeUInt16LE(keyEnd - keyStart, end + 1);
      room.writeUInt32LE(row === undefined ? REMOVED : textEnd - keyEnd, end + 3);
      end = textEnd;
    }
    return end;
  }

  /** With some to spare, and to be filled up to a page. */
  #roomFor(bytes: number): Buffer {
    if (bytes + PAGE_BYTES <= this.#room.length) return this.#room;
    const larger = Buffer.alloc(Math.max(bytes + PAGE_BYTES, 2 * this.#room.length));
    this.#room.copy(larger);
    this.#room = larger;
    return larger;
  }
}

/** Reads what `RecordWriter` wrote. */
export class RecordReader {
  readonly #seed: number;

  constructor(store: string) {
    this.#seed = crc32(store);
  }

  /** The record that begins at an offset, or `undefined` where there is none that is whole. */
  read(file: Buffer, offset: number): FoundRecord | undefined {
    const place = this.placeAt(file, offset);
    if (place === undefined) return undefined;
    const bytes = file.readUInt32LE(offset + at.bytes);
    const record = file.subarray(offset, offset + bytes);
    const isTurn = record.readUInt8(at.kind) === kinds.turn;
    const rows = isTurn ? 'turn' : rowsOf(record);
    return { ...place, rows, pagesBytes: Math.ceil(bytes / PAGE_BYTES) * PAGE_BYTES };
  }

  /** The place of the record that begins at an offset, where it is whole. */
  placeAt(file: Buffer, offset: number): RecordPlace | undefined {
    const head = file.subarray(offset, offset + at.rows);
    if (head.length < at.rows || !head.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
    const bytes = head.readUInt32LE(at.bytes);
    if (bytes < at.rows || offset + bytes > file.length) return undefined;
    const checksum = crc32(file.subarray(offset + at.bytes, offset + bytes), this.#seed);
    if (checksum !== head.readUInt32LE(at.checksum)) return undefined;
    return { sequence: head.readUInt32LE(at.sequence), index: head.readUInt32LE(at.index) };
  }
}

function rowsOf(record: Buffer): Memtable {
  const rows = new Memtable();
  let start = at.rows;
  while (start < record.length) {
    const name = tableNames[record.readUInt8(start)];
    if (name === undefined) throw new Error('a record is of a table that is not known');
    start = readRow(rows, name, record, start);
  }
  return rows;
}

function readRow<Name extends TableName>(
  rows: Memtable,
  name: Name,
  record: Buffer,
  start: number,
): number {
  const keyStart = start + ROW_HEAD_BYTES;
  const keyEnd = keyStart + record.readUInt16LE(start + 1);
  const textBytes = record.readUInt32LE(start + 3);
  const textEnd = keyEnd + (textBytes === REMOVED ? 0 : textBytes);
  // A copy, because reading a key may change the bytes of it.
  const bytes = Buffer.from(record.subarray(keyStart, keyEnd));
  const codec: KeyCodec<TableKeys[Name]> = tableKeys[name];
  const table: MemRows<TableKeys[Name]> = rows.rows[name];
  table.set(
    codec.readKey(bytes, 0, bytes.length),
    textBytes === REMOVED ? undefined : record.toString('utf8', keyEnd, textEnd),
  );
  return textEnd;
}
