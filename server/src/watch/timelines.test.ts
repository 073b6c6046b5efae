import { expect, it } from 'vitest';
import { isOnLine } from './timelines.ts';

const timelines = [
  { id: 'a', from: 0 },
  { id: 'b', from: 10 },
  { id: 'c', from: 10 },
  { id: 'd', from: 25 },
];

it.each<[string | undefined, number, boolean]>([
  ['a', 0, true],
  ['a', 10, true],
  ['a', 11, false],
  ['b', 10, true],
  ['b', 11, false],
  ['c', 25, true],
  ['c', 26, false],
  ['d', 25, true],
  ['d', 1_000, true],
  ['elsewhere', 3, false],
  [undefined, 1_000, true],
])(
  'W3 a position of timeline %s at %i is part of the history: %s',
  (timeline, revision, expected) => {
    const position = timeline === undefined ? { revision } : { revision, timeline };
    expect(isOnLine(position, timelines)).toBe(expected);
  },
);
