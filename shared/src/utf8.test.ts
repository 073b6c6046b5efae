import { describe, expect, it } from 'vitest';
import { compareCodePoints, hasLoneSurrogate, utf8Length } from './utf8.ts';

const bytesOf = (text: string) => new TextEncoder().encode(text);

/** One text for each length that UTF-8 gives a code point, at both ends of its range. */
const TEXTS = [
  '',
  'a',
  '\u007f',
  '\u0080',
  '\u07ff',
  '\u0800',
  '\ud7ff',
  '\ue000',
  '\uffff',
  '\u{10000}',
  '\u{10ffff}',
  'a\u00e9\u20ac\u{1f600}z',
  '\u{1f600}\u{1f600}',
];

describe('utf8Length', () => {
  it.each(TEXTS)('counts the bytes of %j', (text) => {
    expect(utf8Length(text)).toBe(bytesOf(text).length);
  });

  it.each(['\ud800', '\udc00', 'a\ud800b', '\udc00\ud800', '\ud800\ud800\udc00'])(
    'counts a lone surrogate as the replacement character: %j',
    (text) => {
      expect(utf8Length(text)).toBe(bytesOf(text).length);
    },
  );
});

describe('hasLoneSurrogate', () => {
  it.each(TEXTS)('finds none in %j', (text) => {
    expect(hasLoneSurrogate(text)).toBe(false);
  });

  it.each(['\ud800', '\udfff', 'a\ud800', '\ud800a', '\udc00\ud800', '\u{1f600}\udc00'])(
    'finds the one in %j',
    (text) => {
      expect(hasLoneSurrogate(text)).toBe(true);
    },
  );
});

describe('compareCodePoints', () => {
  it('orders as the UTF-8 bytes do', () => {
    for (const a of TEXTS)
      for (const b of TEXTS)
        expect(Math.sign(compareCodePoints(a, b)), JSON.stringify([a, b])).toBe(
          Buffer.compare(bytesOf(a), bytesOf(b)),
        );
  });

  it('puts what lies above U+FFFF after U+E000 to U+FFFF, which string order does not', () => {
    expect('\u{10000}' < '\ue000').toBe(true);
    expect(compareCodePoints('\u{10000}', '\ue000')).toBeGreaterThan(0);
    expect(compareCodePoints('a\uffff', 'a\u{1f600}')).toBeLessThan(0);
  });
});
