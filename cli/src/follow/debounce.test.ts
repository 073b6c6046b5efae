import { describe, expect, test } from 'vitest';
import { VirtualClock } from '../../../shared/src/test-support/virtual-clock.ts';
import { Debounce, patienceOf } from './debounce.ts';

/** A debounce of 100 ms, 250 ms at most, with the moments at which it was settled. */
function started() {
  const clock = new VirtualClock();
  const debounce = new Debounce(clock, { quietMs: 100, longestMs: 250 });
  const beganAt = clock.now();
  const settledAt: number[] = [];
  const wait = async (): Promise<void> => {
    await debounce.settled();
    settledAt.push(clock.now() - beganAt);
    return wait();
  };
  void wait();
  const pass = (ms: number) => clock.advance(ms);
  return { clock, debounce, settledAt, pass };
}

describe('a debounce', () => {
  test('settles once nothing has changed for a while', async () => {
    const { debounce, settledAt, pass } = started();
    debounce.touch();
    await pass(60);
    debounce.touch();
    await pass(99);
    expect(settledAt).toEqual([]);
    await pass(1);
    await pass(1_000);
    expect(settledAt).toEqual([160]);
  });

  test('does not wait for ever where something changes all the time', async () => {
    const { debounce, settledAt, pass } = started();
    for (let ms = 0; ms < 500; ms += 50) {
      debounce.touch();
      await pass(50);
    }
    expect(settledAt).toEqual([250, 500]);
  });

  test('waits no longer where the clock is set back meanwhile', async () => {
    const { clock, debounce, settledAt, pass } = started();
    debounce.touch();
    clock.step(-3_600_000);
    debounce.touch();
    await pass(100);
    expect(settledAt).toHaveLength(1);
  });

  test('settles for what changed while nobody waited', async () => {
    const clock = new VirtualClock();
    const debounce = new Debounce(clock, { quietMs: 100, longestMs: 250 });
    debounce.touch();
    await clock.advance(100);
    expect(await debounce.settled()).toBeUndefined();
  });
});

test('--debounce is a time, or two: at least and at most', () => {
  expect(patienceOf('500ms:10s')).toEqual({ quietMs: 500, longestMs: 10_000 });
  expect(patienceOf('500ms')).toEqual({ quietMs: 500, longestMs: 10_000 });
  expect(patienceOf('2s:1s')).toEqual({ quietMs: 2_000, longestMs: 2_000 });
  for (const text of ['', ':', '1s:', ':1s', '1s:x', '0s', '1s:25h', '1s:2s:3s'])
    expect(() => patienceOf(text), text).toThrow();
});
