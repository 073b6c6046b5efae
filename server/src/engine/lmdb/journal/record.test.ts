import { describe, expect, it } from 'vitest';
import { seeded } from '../../contract/rig.contract.ts';
import type { LogRow } from '../log.ts';
import { PAGE_BYTES, recordAt, recordBytes } from './record.ts';

const row = (revision: number, text: string, part = 0): LogRow => ({
  key: [revision, part],
  bytes: Buffer.from(text),
});

const bytesOf = (generation: number, rows: readonly LogRow[], epoch = 'epoch') =>
  Buffer.concat(recordBytes({ generation, rows }, epoch));

const textsOf = (rows: readonly LogRow[] | undefined) =>
  rows?.map(({ key, bytes }) => [...key, Buffer.from(bytes).toString()]);

describe('a record of the journal', () => {
  it('S1 comes back as it was, and takes whole pages', () => {
    const head = 24 + 16;
    for (const length of [0, 1, 500, PAGE_BYTES - head, PAGE_BYTES - head + 1, 200_000]) {
      const bytes = bytesOf(7, [row(2 ** 40 + 3, 'x'.repeat(length))]);
      expect(bytes.length).toBe(Math.ceil((head + length) / PAGE_BYTES) * PAGE_BYTES);
      const found = recordAt(Buffer.concat([Buffer.alloc(PAGE_BYTES), bytes]), PAGE_BYTES, 'epoch');
      expect(found).toMatchObject({ generation: 7, bytes: bytes.length });
      expect(textsOf(found?.rows)).toEqual([[2 ** 40 + 3, 0, 'x'.repeat(length)]]);
    }
    const rows = [row(1, 'a'), row(3, ''), row(4, 'b', 0), row(4, 'ü', 1)];
    expect(textsOf(recordAt(bytesOf(1, rows), 0, 'epoch')?.rows)).toEqual(textsOf(rows));
  });

  it('S1 is none when any bit of it is another, when it is cut off, or of another history', () => {
    const bytes = bytesOf(3, [row(5, 'one'.repeat(900)), row(6, 'two')]);
    const used = 24 + 2 * 16 + 2_700 + 3;
    const random = seeded(1);
    for (let i = 0; i < 2_000; i++) {
      const position = i < used ? i : Math.floor(random() * used);
      const damaged = Buffer.from(bytes);
      damaged[position] = (damaged[position] ?? 0) ^ (1 << Math.floor(random() * 8));
      expect(recordAt(damaged, 0, 'epoch'), `byte ${position}`).toBeUndefined();
    }
    for (let length = 0; length < used; length += 7)
      expect(recordAt(bytes.subarray(0, length), 0, 'epoch')).toBeUndefined();
    expect(recordAt(bytes, 0, 'another')).toBeUndefined();
    expect(recordAt(bytes, PAGE_BYTES, 'epoch')).toBeUndefined();
    expect(recordAt(bytes, 0, 'epoch')).toBeDefined();
  });
});
