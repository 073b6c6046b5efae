import { expect, it } from 'vitest';
import { seeded } from '../contract/rig.contract.ts';
import { JournaledRows } from './journaled-rows.ts';
import type { LogKey, TableRange } from './layout.ts';
import type { LogRow } from './log.ts';

const KEYS: readonly LogKey[] = [
  [3, 0],
  [4, 0],
  [7, 0],
  [7, 1],
  [7, 2],
  [9, 0],
];
const rows: readonly LogRow[] = KEYS.map((key) => ({ key, bytes: Buffer.from(key.join('.')) }));

const compare = (a: LogKey, b: LogKey) => a[0] - b[0] || a[1] - b[1];

/** What a list that is looked through from end to end says. */
function expected({ start, end, reverse = false }: TableRange<LogKey>): string[] {
  const isIn = (key: LogKey) =>
    reverse
      ? compare(key, start) <= 0 && compare(key, end) > 0
      : compare(key, start) >= 0 && compare(key, end) < 0;
  const names = KEYS.filter(isIn).map((key) => key.join('.'));
  return reverse ? names.reverse() : names;
}

it('rows of the journal are read by any range, both ways', () => {
  const journaled = new JournaledRows(rows);
  const random = seeded(3);
  const key = (): LogKey => [Math.floor(random() * 12), Math.floor(random() * 4)];
  for (let i = 0; i < 3_000; i++) {
    const range = { start: key(), end: key(), reverse: random() < 0.5 };
    const read = [...journaled.range(range)];
    expect(read.map(({ value }) => value)).toEqual(expected(range));
    const one = key();
    const there = KEYS.some((other) => compare(other, one) === 0);
    expect(journaled.get(one)).toBe(there ? one.join('.') : undefined);
  }
});

it('the oldest of them are whole commits, and dropping them leaves the rest', () => {
  const journaled = new JournaledRows(rows);
  const oldest = (max: number) => journaled.oldest(max, 1_000).map(({ key }) => key[0]);
  expect(oldest(2)).toEqual([3, 4]);
  expect(oldest(3)).toEqual([3, 4, 7, 7, 7]);
  expect(journaled.oldest(100, 4)).toHaveLength(2);
  const dropped = journaled.oldest(3, 1_000);
  journaled.drop(dropped);
  expect([journaled.firstKey, journaled.lastKey, journaled.bytes]).toEqual([[9, 0], [9, 0], 3]);
  journaled.drop(journaled.oldest(1, 1));
  expect([journaled.firstKey, journaled.bytes]).toEqual([undefined, 0]);
});
