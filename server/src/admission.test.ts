import { describe, expect, it } from 'vitest';
import { admissionOf } from './admission.ts';

const silent = () => {};

describe('W10 how many connections a server takes', () => {
  it('is what was asked for', () => {
    expect(admissionOf(10, silent, 100_000)).toEqual({
      connectionsMax: 10,
      handshakesMax: 16_384,
      socketsMax: 100_000,
    });
  });

  it('leaves room for handshakes where files are few, and says so to who asked for more', () => {
    const lines: string[] = [];
    const admission = admissionOf(1_000, (level, text) => lines.push(`${level} ${text}`), 200);
    expect(admission).toMatchObject({ connectionsMax: 150, socketsMax: 200 });
    expect(lines).toEqual([
      'warn the limit of open files allows fewer connections than connectionsMax',
    ]);
    expect(admissionOf(undefined, () => expect.unreachable(), 200)).toEqual(admission);
  });

  it('is never more than this process may have', () => {
    const { connectionsMax } = admissionOf(Number.MAX_SAFE_INTEGER, silent);
    expect(connectionsMax).toBeLessThan(Number.MAX_SAFE_INTEGER);
  });

  it.each([0, -1, 1.5, Number.NaN])('is refused as %s', (asked) => {
    expect(() => admissionOf(asked, silent)).toThrow('connectionsMax is a whole number from 1');
  });
});
