import { expect, test } from 'vitest';
import { Backoff } from './backoff.ts';

const limits = { initialMs: 250, maxMs: 30_000 };

test('the ceiling of the backoff doubles from the first wait to the last', () => {
  const backoff = new Backoff(limits, () => 1);
  const waits = Array.from({ length: 10 }, () => backoff.nextMs());
  expect(waits).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
});

test('a wait of the backoff is a random time between nothing and the ceiling', () => {
  const random = [0, 0.5, 0.25];
  const backoff = new Backoff(limits, () => random.shift() ?? 0);
  expect([backoff.nextMs(), backoff.nextMs(), backoff.nextMs()]).toEqual([0, 250, 250]);
});

test('a reset takes the backoff to the first wait again', () => {
  const backoff = new Backoff(limits, () => 1);
  backoff.nextMs();
  backoff.nextMs();
  backoff.reset();
  expect(backoff.nextMs()).toBe(250);
});

test('a backoff that is eased has a ceiling of 4 s at most', () => {
  const backoff = new Backoff(limits, () => 1);
  backoff.nextMs();
  backoff.ease();
  expect(backoff.nextMs()).toBe(500);
  for (let i = 0; i < 10; i++) backoff.nextMs();
  backoff.ease();
  expect(backoff.nextMs()).toBe(4_000);
});
