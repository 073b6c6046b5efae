import { expect, test } from 'vitest';
import { differenceOf } from './difference.ts';

const lines = (count: number) => Array.from({ length: count }, (_, i) => `line ${i}`);

test('of a long text the lines that differ are shown, and those around them are not', () => {
  const before = lines(100);
  expect(differenceOf(before.join('\n'), before.with(50, 'other').join('\n'))).toEqual({
    before: ['line 50'],
    after: ['other'],
  });
  expect(differenceOf('a\nb\nc', 'a\nc')).toEqual({ before: ['b'], after: [] });
  expect(differenceOf('a\na', 'a\na\na')).toEqual({ before: [], after: ['a'] });
});

test('of a long line what is around the first difference is shown', () => {
  const { before, after } = differenceOf(`${'x'.repeat(500)}1`, `${'x'.repeat(500)}2`);
  expect(before).toEqual([`…${'x'.repeat(20)}1`]);
  expect(after).toEqual([`…${'x'.repeat(20)}2`]);
});

test('of very many lines the first are shown, and how many more there are', () => {
  const { before, after } = differenceOf('', lines(1_000).join('\n'));
  expect(before).toEqual(['']);
  expect(after).toHaveLength(21);
  expect(after.at(-1)).toBe('… 980 more lines');
});

test('what would steer a terminal is shown and not done', () => {
  expect(differenceOf('a\n', '\u001b[31mb\n').after).toEqual(['\\u001b[31mb']);
});
