import { expect, it } from 'vitest';
import { IdempotencyIndex } from './idempotency-index.ts';

it('S4 the index of request ids finds the last of many requests, and says nothing of those it never saw', () => {
  const index = new IdempotencyIndex();
  for (let i = 1; i <= 50_000; i++) index.add(`request-${i}`, i);
  for (let i = 1; i <= 50_000; i++) expect(index.find(`request-${i}`)).toBe(i);
  for (let i = 1; i <= 50_000; i++) expect(index.find(`other-${i}`)).toBeUndefined();
  index.add('request-7', 60_000);
  expect(index.find('request-7')).toBe(60_000);
});

it('S4 W10 the index of request ids knows a million requests back, and lets older ones go', () => {
  const index = new IdempotencyIndex();
  for (let i = 1; i <= 2_100_000; i++) index.add(`r${i}`, i);
  expect(index.find('r1100001')).toBe(1_100_001);
  expect(index.find('r2100000')).toBe(2_100_000);
  expect(index.find('r1')).toBeUndefined();
});
