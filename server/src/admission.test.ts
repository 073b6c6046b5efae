import { describe, expect, it } from 'vitest';
import { admissionOf } from './admission.ts';

const silent = () => {};
const isAuthOn = false;

describe('W10 how many connections a server takes', () => {
  it('is what was asked for', () => {
    expect(admissionOf({ connectionsMax: 10, isAuthOn }, silent, 100_000)).toEqual({
      connectionsMax: 10,
      handshakesMax: 16_384,
      socketsMax: 100_000,
      strangersMax: Number.POSITIVE_INFINITY,
      strangersOfNetworkMax: Number.POSITIVE_INFINITY,
    });
  });

  it('bounds those of whom nobody knows yet whose they are, where everybody is asked', () => {
    expect(admissionOf({ isAuthOn: true }, silent, 100_000)).toMatchObject({
      strangersMax: 256,
      strangersOfNetworkMax: 64,
    });
  });

  it('leaves room for handshakes where files are few, and says so to who asked for more', () => {
    const lines: string[] = [];
    const admission = admissionOf(
      { connectionsMax: 1_000, isAuthOn },
      (level, text) => lines.push(`${level} ${text}`),
      200,
    );
    expect(admission).toMatchObject({ connectionsMax: 150, socketsMax: 200 });
    expect(lines).toEqual([
      'warn the limit of open files allows fewer connections than connectionsMax',
    ]);
    expect(admissionOf({ isAuthOn }, () => expect.unreachable(), 200)).toEqual(admission);
  });

  it('is never more than this process may have', () => {
    const { connectionsMax } = admissionOf(
      { connectionsMax: Number.MAX_SAFE_INTEGER, isAuthOn },
      silent,
    );
    expect(connectionsMax).toBeLessThan(Number.MAX_SAFE_INTEGER);
  });

  it.each([0, -1, 1.5, Number.NaN])('is refused as %s', (asked) => {
    expect(() => admissionOf({ connectionsMax: asked, isAuthOn }, silent)).toThrow(
      'connectionsMax is a whole number from 1',
    );
  });
});
