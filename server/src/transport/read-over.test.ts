import { expect, it } from 'vitest';
import { VirtualClock } from '../../../shared/src/test-support/virtual-clock.ts';
import { mayBeReadOver, ReadOver } from './read-over.ts';

const MIB = 1024 * 1024;

function readOver() {
  const clock = new VirtualClock();
  const over = { times: 0 };
  const body = new ReadOver(clock, () => {
    over.times += 1;
  });
  return { clock, over, body };
}

it('reads up to 16 MiB over that nobody wants', () => {
  expect(mayBeReadOver(16 * MIB)).toBe(true);
  expect(mayBeReadOver(16 * MIB + 1)).toBe(false);
});

it('waits for what comes, and for ten seconds at most', () => {
  const { clock, over, body } = readOver();
  for (let seconds = 1; seconds < 10; seconds++) {
    body.came();
    clock.advanceAtOnce(1_000);
    expect(over.times).toBe(0);
  }
  body.came();
  clock.advanceAtOnce(1_000);
  expect(over.times).toBe(1);
  expect(clock.pending).toBe(0);
});

it('does not wait for what does not come', () => {
  const { clock, over, body } = readOver();
  body.came();
  clock.advanceAtOnce(1_000);
  expect(over.times).toBe(0);
  clock.advanceAtOnce(1_000);
  expect(over.times).toBe(1);
});

it('tells nobody once all has come', () => {
  const { clock, over, body } = readOver();
  body.cancel();
  clock.advanceAtOnce(20_000);
  expect(over.times).toBe(0);
});
