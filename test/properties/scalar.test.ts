import { type Data, readValue, sameData, writeValue } from '@confer/shared';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { runs } from './runs.ts';

/** Numbers as the convention has them: a large integer is a bigint, and zero has no sign. */
const finite = fc
  .double({ noNaN: true, noDefaultInfinity: true })
  .map((value) => value + 0)
  .filter((value) => !Number.isInteger(value) || Number.isSafeInteger(value) || value >= 1e21);
const large = fc
  .tuple(fc.bigInt({ min: 2n ** 53n, max: 2n ** 200n }), fc.boolean())
  .map(([value, negative]) => (negative ? -value : value));
const anyText = fc.string({ unit: 'binary' });
/** Text out of what the convention gives a meaning to. */
const trickyText = fc.string({
  unit: fc.constantFrom(...'"[]{},:\\0189.eE+- nultrfas\n', '\u{1f600}', '9007199254740993'),
});
const text = fc.oneof(
  anyText,
  trickyText,
  fc.json().map(String),
  fc.double().map(String),
  trickyText.map((inner) => `[${inner}]`),
  trickyText.map((inner) => `"${inner}"`),
);

const leaf = fc.oneof(text, finite, fc.maxSafeInteger(), large, fc.boolean(), fc.constant(null));
const { node, list } = fc.letrec<{ node: Data; list: Data[]; map: Record<string, Data> }>(
  (tie) => ({
    node: fc.oneof({ depthSize: 'small' }, leaf, tie('list'), tie('map')),
    list: fc.array(tie('node'), { maxLength: 4 }),
    map: fc.dictionary(fc.oneof(text, fc.constant('__proto__')), tie('node'), {
      maxKeys: 4,
      noNullPrototype: true,
    }),
  }),
);
/** What one entry can hold: a map with keys would be a subtree. */
const stored = fc.oneof(
  leaf,
  list,
  fc.array(node),
  fc.constant({}),
  fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
);

it('data that is written reads back as it was', () => {
  fc.assert(
    fc.property(stored, (data) => {
      expect(readValue(writeValue(data))).toStrictEqual(data);
    }),
    runs,
  );
});

it('every string can be read, and keeps its meaning when it is written again', () => {
  fc.assert(
    fc.property(text, (value) => {
      const data = readValue(value);
      expect(readValue(writeValue(data))).toEqual(data);
      expect(sameData(value, writeValue(data))).toBe(true);
    }),
    runs,
  );
});

it('every string can be stored as a string', () => {
  fc.assert(
    fc.property(text, (value) => {
      expect(readValue(writeValue(value))).toBe(value);
    }),
    runs,
  );
});

it('two strings are never taken for the same', () => {
  fc.assert(
    fc.property(text, text, (a, b) => {
      expect(sameData(writeValue(a), writeValue(b))).toBe(a === b);
    }),
    runs,
  );
});
