import { crc32 } from 'node:zlib';
import type { KeyCodec } from '../keys.ts';
import { LongRow } from '../rows.ts';
import { type TableKeys, type TableName, tableKeys, tableNames } from '../tables.ts';
import { type MemRows, Memtable } from './memtable.ts';

/**
 * A record begins on a page of its own, so that no write touches the page of one that was
 * acknowledged: a disk that loses power amid a write may leave anything in that page.
 */
export const PAGE_BYTES = 4_096;

/** With a zero byte, which no text of a row has: JSON escapes it. So a row never looks like a record. */
const MAGIC = Buffer.from('\0confer1');

/**
 * The checksum is of all behind it up to `checked`. What comes there are the long rows, each as the tables have it, with a
 * checksum of its own: that was taken before, and it stands in what is checked, so that no older row passes for it.
 */
const at = {
  ...{ magic: 0, checksum: 8, bytes: 12, checked: 16 },
  ...{ sequence: 20, index: 24, kind: 28, rows: 29 },
};

const kinds = { rows: 0, turn: 1 } as const;

/** A key of 1,978 bytes at most is what LMDB takes. */
const KEY_BYTES_MAX = 1_978;
const REMOVED = 2 ** 32 - 1;
/** What a row takes beside its texts: its table, two lengths. */
const ROW_HEAD_BYTES = 7;
/** Added to the table of a long row, which has its checksum in the place of its text. */
const IS_LONG = 0x80;
const SUM_BYTES = 4;
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

/** Writes records. What is left over from one may be used for the next, but for what long rows lie in. */
export class RecordWriter {
  readonly #seed: number;
  #room = Buffer.alloc(64 * PAGE_BYTES);

  /** `store`: its identity, so that what another store left behind is no record of this one. */
  constructor(store: string) {
    this.#seed = crc32(store);
  }

  /** The bytes of a record, filled up to whole pages. They are good until the next call. */
  write(place: RecordPlace, rows: Memtable | 'turn'): Buffer {
    const longRows: LongRow[] = [];
    let checked = at.rows;
    if (rows !== 'turn')
      for (const [number, name] of tableNames.entries())
        checked = this.#writeRows(number, name, rows, checked, longRows);
    const bytes = longRows.reduce((sum, { byteLength }) => sum + byteLength, checked);
    const pagesBytes = Math.ceil(bytes / PAGE_BYTES) * PAGE_BYTES;
    const room = this.#roomFor(checked);
    MAGIC.copy(room, at.magic);
    room.writeUInt32LE(bytes, at.bytes);
    room.writeUInt32LE(checked, at.checked);
    room.writeUInt32LE(place.sequence, at.sequence);
    room.writeUInt32LE(place.index, at.index);
    room.writeUInt8(rows === 'turn' ? kinds.turn : kinds.rows, at.kind);
    room.writeUInt32LE(crc32(room.subarray(at.bytes, checked), this.#seed), at.checksum);
    if (longRows.length === 0) return room.fill(0, checked, pagesBytes).subarray(0, pagesBytes);
    const record = Buffer.allocUnsafeSlow(pagesBytes);
    room.copy(record, 0, 0, checked);
    let end = checked;
    for (const row of longRows) end = row.moveTo(record, end);
    return record.fill(0, end);
  }

  #writeRows<Name extends TableName>(
    number: number,
    name: Name,
    memtable: Memtable,
    start: number,
    longRows: LongRow[],
  ): number {
    const rows: MemRows<TableKeys[Name]> = memtable.rows[name];
    const codec: KeyCodec<TableKeys[Name]> = tableKeys[name];
    let end = start;
    for (const { key, stored } of rows.all()) {
      const isLong = typeof stored === 'object';
      const text = isLong ? '' : (stored ?? '');
      const room = this.#roomFor(
        end + ROW_HEAD_BYTES + KEY_BYTES_MAX + SUM_BYTES + text.length * UNIT_BYTES_MAX,
      );
      const keyStart = end + ROW_HEAD_BYTES;
      const keyEnd = codec.writeKey(key, room, keyStart);
      room.writeUInt8(isLong ? number | IS_LONG : number, end);
      room.writeUInt16LE(keyEnd - keyStart, end + 1);
      const lengthAt = end + 3;
      if (isLong) {
        longRows.push(stored);
        room.writeUInt32LE(stored.byteLength, lengthAt);
        end = room.writeUInt32LE(stored.sum, keyEnd);
      } else {
        end = keyEnd + room.write(text, keyEnd);
        room.writeUInt32LE(stored === undefined ? REMOVED : end - keyEnd, lengthAt);
      }
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
    if (rows === undefined) return undefined;
    return { ...place, rows, pagesBytes: Math.ceil(bytes / PAGE_BYTES) * PAGE_BYTES };
  }

  /** The place of the record that begins at an offset, where it is whole but for its long rows. */
  placeAt(file: Buffer, offset: number): RecordPlace | undefined {
    const head = file.subarray(offset, offset + at.rows);
    if (head.length < at.rows || !head.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
    const bytes = head.readUInt32LE(at.bytes);
    const checked = head.readUInt32LE(at.checked);
    if (checked < at.rows || checked > bytes || offset + bytes > file.length) return undefined;
    const checksum = crc32(file.subarray(offset + at.bytes, offset + checked), this.#seed);
    if (checksum !== head.readUInt32LE(at.checksum)) return undefined;
    return { sequence: head.readUInt32LE(at.sequence), index: head.readUInt32LE(at.index) };
  }
}

/** `undefined` where a long row is not as it was written. */
function rowsOf(record: Buffer): Memtable | undefined {
  const rows = new Memtable();
  const checked = record.readUInt32LE(at.checked);
  const places = { next: at.rows, long: checked };
  while (places.next < checked) {
    const name = tableNames[record.readUInt8(places.next) & ~IS_LONG];
    if (name === undefined) throw new Error('a record is of a table that is not known');
    if (!readRow(rows, name, record, places)) return undefined;
  }
  return rows;
}

/** `places`: of the row, and of the long row that comes next; moved on behind it. */
function readRow<Name extends TableName>(
  rows: Memtable,
  name: Name,
  record: Buffer,
  places: { next: number; long: number },
): boolean {
  const start = places.next;
  const keyStart = start + ROW_HEAD_BYTES;
  const keyEnd = keyStart + record.readUInt16LE(start + 1);
  const bytes = record.readUInt32LE(start + 3);
  // A copy, because reading a key may change the bytes of it.
  const keyBytes = Buffer.from(record.subarray(keyStart, keyEnd));
  const codec: KeyCodec<TableKeys[Name]> = tableKeys[name];
  const key = codec.readKey(keyBytes, 0, keyBytes.length);
  const table: MemRows<TableKeys[Name]> = rows.rows[name];
  if ((record.readUInt8(start) & IS_LONG) !== 0) {
    const end = places.long + bytes;
    const row = LongRow.read(record.subarray(places.long, end), record.readUInt32LE(keyEnd));
    // safeguard: record-with-a-torn-row-is-none
    if (row === undefined) return false;
    table.set(key, row);
    places.next = keyEnd + SUM_BYTES;
    places.long = end;
    return true;
  }
  places.next = keyEnd + (bytes === REMOVED ? 0 : bytes);
  const text = bytes === REMOVED ? undefined : record.toString('utf8', keyEnd, places.next);
  table.set(key, text);
  return true;
}
