import { describe, expect, it } from 'vitest';
import { PageWriter } from './page-writer.ts';

const read = (frame: Uint8Array) => JSON.parse(Buffer.from(frame).toString());

describe('W4 a page', () => {
  it('stays as it is while others are written, be it small, full or far too large', () => {
    const writer = new PageWriter();
    const pages = [0, 1, 2_600, 100, 2_700, 20_000, 2, 2_650].map((count, nr) =>
      Array.from({ length: count }, (_, i) => `${nr} ${i} "${'größe\n\u{1f600}'.repeat(8)}"`),
    );
    const frames = pages.map((page, nr) => {
      writer.begin(`{"nr":${nr},"texts":[`);
      for (const text of page) writer.add(JSON.stringify(text));
      expect(writer.texts).toBe(page.length);
      return writer.end();
    });
    expect(frames.map(read)).toEqual(pages.map((texts, nr) => ({ nr, texts })));
  });

  it('has nothing of one that was begun before and not ended', () => {
    const writer = new PageWriter();
    writer.begin('{"a":[');
    writer.add('1');
    writer.begin('{"b":[');
    expect(writer.texts).toBe(0);
    writer.add('2');
    expect(read(writer.end())).toEqual({ b: [2] });
  });

  it('W10 takes little memory beyond its bytes', () => {
    const writer = new PageWriter();
    for (const length of [10, 100_000, 250_000, 270_000, 1_000_000]) {
      writer.begin('{"a":[');
      writer.add(JSON.stringify('x'.repeat(length)));
      const frame = writer.end();
      expect(frame.buffer.byteLength).toBeLessThan(frame.length * 1.15 + 10_000);
    }
  });
});
