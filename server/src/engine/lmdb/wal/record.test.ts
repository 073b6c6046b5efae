import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { LongRow } from '../rows.ts';
import { Memtable } from './memtable.ts';
import { PAGE_BYTES, RecordReader, RecordWriter } from './record.ts';

const STORE = 'store-1';

function withRows(revision: number, text: string): Memtable {
  const rows = new Memtable();
  rows.rows.entries.set('/a', `row of ${revision}`);
  rows.rows.tombstones.set('/b', undefined);
  rows.rows.values.set([revision, '/a'], LongRow.of(text, crc32(text)));
  rows.rows.values.set([revision, '/c'], LongRow.of('"é"', crc32('"é"')));
  rows.rows.meta.set('direct', '7');
  return rows;
}

/** A copy: what has no long rows is good until the next one is written. */
function recordOf(revision: number, text: string, index = 1): Buffer {
  return Buffer.from(
    new RecordWriter(STORE).write({ sequence: 1, index }, withRows(revision, text)),
  );
}

function textsIn(record: Buffer): readonly (string | undefined)[] | undefined {
  const rows = new RecordReader(STORE).read(record, 0)?.rows;
  if (rows === undefined || rows === 'turn') return undefined;
  const { entries, tombstones, values, meta } = rows.rows;
  return [entries, tombstones, values, meta].flatMap((table) =>
    [...table.all()].map(({ row }) => row),
  );
}

describe('a record of the write-ahead log', () => {
  const text = `"${'long '.repeat(3_000)}"`;

  it('S1 is read as it was written, long rows among the others', () => {
    const record = recordOf(3, text);
    expect(record.length % PAGE_BYTES).toBe(0);
    expect(textsIn(record)).toEqual(['row of 3', undefined, text, '"é"', '7']);
  });

  it('S1 takes no long row from the memory that the next record is written to', () => {
    const writer = new RecordWriter(STORE);
    const rows = withRows(3, text);
    const first = Buffer.from(writer.write({ sequence: 1, index: 1 }, rows));
    writer.write({ sequence: 1, index: 2 }, withRows(4, `"${'other'.repeat(3_000)}"`));
    expect([...rows.rows.values.all()].map(({ row }) => row)).toEqual([text, '"é"']);
    // Written into the log once more, where the tables are to have it after all.
    expect(new RecordWriter(STORE).write({ sequence: 1, index: 1 }, rows)).toEqual(first);
  });

  it('S1 is none where any of its bytes is another, those of its long rows, too', () => {
    const record = recordOf(3, text);
    const end = record.readUInt32LE(12);
    for (let at = 0; at < end; at += at < 300 || at > end - 20 ? 1 : 97) {
      const damaged = Buffer.from(record);
      damaged[at] = (damaged[at] ?? 0) ^ 1;
      expect(textsIn(damaged)).toBeUndefined();
    }
  });

  it('S1 is none where a page has what was there before, though that was whole as well', () => {
    const record = recordOf(3, text);
    const before = recordOf(2, text.replaceAll('long', 'kept'));
    expect(before.length).toBe(record.length);
    for (let page = 0; page < record.length; page += PAGE_BYTES) {
      const torn = Buffer.from(record);
      before.copy(torn, page, page, page + PAGE_BYTES);
      expect(textsIn(torn)).toBeUndefined();
    }
    const onlyHead = Buffer.from(before);
    record.copy(onlyHead, 0, 0, record.readUInt32LE(16));
    expect(textsIn(onlyHead)).toBeUndefined();
  });
});
