import { compareCodePoints, hasLoneSurrogate, utf8Length } from '@confer/shared';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { runs } from './runs.ts';

/** Any UTF-16, lone surrogates included. */
const wild = fc
  .array(fc.oneof(fc.nat(0xffff), fc.constantFrom(0xd800, 0xdbff, 0xdc00, 0xdfff, 0x61)))
  .map((units) => String.fromCharCode(...units));
const text = fc.string({ unit: 'binary' });

it('utf8Length is the length of the encoded bytes', () => {
  fc.assert(
    fc.property(wild, (each) => {
      expect(utf8Length(each)).toBe(new TextEncoder().encode(each).length);
    }),
    runs,
  );
});

it('hasLoneSurrogate finds what does not survive UTF-8', () => {
  fc.assert(
    fc.property(wild, (each) => {
      expect(hasLoneSurrogate(each)).toBe(Buffer.from(each).toString() !== each);
    }),
    runs,
  );
});

it('compareCodePoints orders as the bytes do', () => {
  fc.assert(
    fc.property(text, text, (a, b) => {
      expect(Math.sign(compareCodePoints(a, b))).toBe(
        Buffer.compare(Buffer.from(a), Buffer.from(b)),
      );
    }),
    runs,
  );
});
