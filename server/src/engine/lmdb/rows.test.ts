import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { DAMAGED, LongRow, rowCodec } from './rows.ts';

const TEXTS = ['', 'short', 'größe', '\u20ac'.repeat(50_000), 'x'.repeat(140_000), 'last'];

describe('a row', () => {
  it('S1 is read as it was written, be it empty, or longer than the memory that rows share', () => {
    for (const text of TEXTS) expect(rowCodec.decode(rowCodec.encode(text))).toBe(text);
  });

  it('S1 has nothing of a longer one that was written before', () => {
    rowCodec.encode('long '.repeat(1_000));
    const row = rowCodec.encode('short');
    expect(row.subarray(4).toString()).toBe('short');
  });

  it('S1 is damaged where one byte is another', () => {
    for (const at of [0, 4, 8]) {
      const row = Buffer.from(rowCodec.encode('short'));
      row[at] = (row[at] ?? 0) ^ 1;
      expect(rowCodec.decode(row)).toBe(DAMAGED);
    }
  });

  it('S1 is stored as any other where its sum was known before, written already or not', () => {
    for (const text of TEXTS) {
      const row = LongRow.of(text, crc32(text));
      expect(rowCodec.decode(rowCodec.encode(row))).toBe(text);
      const room = Buffer.alloc(row.byteLength + 7);
      expect(row.moveTo(room, 7)).toBe(room.length);
      expect(rowCodec.encode(row).buffer).toBe(room.buffer);
      expect(rowCodec.decode(rowCodec.encode(row))).toBe(text);
      expect([row.text, row.length]).toEqual([text, text.length]);
    }
  });
});
