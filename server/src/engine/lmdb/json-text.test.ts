import { describe, expect, it } from 'vitest';
import { longTextAsJson } from './json-text.ts';

const PLAIN = 'plain '.repeat(200);

describe('a long text as JSON', () => {
  it('is what JSON.stringify makes of it, whatever one character is in it and wherever', () => {
    const codes = Array.from({ length: 0x300 }, (_, code) => code);
    for (const code of [...codes, 0x2028, 0x2029, 0xd800, 0xdfff, 0xfeff, 0xffff]) {
      const one = String.fromCharCode(code);
      for (const text of [one + PLAIN, PLAIN + one + PLAIN, PLAIN + one])
        expect(longTextAsJson(text)).toBe(JSON.stringify(text));
    }
  });

  it.each([
    ['plain', PLAIN],
    ['lines', 'key: value\n'.repeat(200)],
    ['JSON', JSON.stringify({ a: PLAIN, b: [PLAIN] })],
    ['letters of two bytes', 'größe '.repeat(300)],
    ['pairs of surrogates', '\u{1f600}'.repeat(600)],
    ['halves of them', `${PLAIN}\ud83d${PLAIN}`],
  ])('is what JSON.stringify makes of %s', (_, text) => {
    expect(longTextAsJson(text)).toBe(JSON.stringify(text));
  });
});
