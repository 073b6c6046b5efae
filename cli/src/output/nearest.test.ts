import { expect, test } from 'vitest';
import { nearest } from './nearest.ts';

test.each([
  ['conflct', 'conflict'],
  ['Conflict', 'conflict'],
  ['4402', '4401'],
  ['something else', undefined],
  ['', undefined],
])('a mistyped %s may have meant %s', (word, meant) => {
  expect(nearest(word, ['compacted', 'conflict', '4401'])).toBe(meant);
});

test('a word of any length is looked at, and means nothing that is short', () => {
  expect(nearest('x'.repeat(100_000), ['x'])).toBeUndefined();
});
