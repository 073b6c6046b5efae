import { describe, expect, test } from 'vitest';
import { counted, oneLine, span, table } from './text.ts';

describe('text for people', () => {
  test('stays on its line and cannot steer the terminal', () => {
    expect(oneLine('a\nb\tc\u001b[31m\u202e')).toBe('a\\nb\\tc\\u001b[31m\\u202e');
    expect(oneLine('Zürich 🚲')).toBe('Zürich 🚲');
  });

  test('is cut to its width', () => {
    expect(oneLine('abcdef', 6)).toBe('abcdef');
    expect(oneLine('abcdefg', 6)).toBe('abcde…');
  });

  test('says time spans in their largest unit', () => {
    expect([0, 59_999, 60_000, 7_200_000, 200_000_000].map(span)).toEqual([
      '0s',
      '59s',
      '1m',
      '2h',
      '2d',
    ]);
  });

  test('says a number with its noun in the singular or the plural', () => {
    expect([counted(1, 'entry', 'entries'), counted(2, 'file')]).toEqual(['1 entry', '2 files']);
  });

  test('lines columns up', () => {
    expect(
      table([
        ['A', 'BB'],
        ['CCC', 'D'],
      ]),
    ).toBe('A    BB\nCCC  D\n');
  });
});
