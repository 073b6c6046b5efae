import { describe, expect, test } from 'vitest';
import { VirtualClock } from '../../../shared/src/test-support/virtual-clock.ts';
import { StopError } from './stop-error.ts';
import { Stopping, stoppingTimes } from './stopping.ts';

/** A server that stops, and what it did when, in ms. */
function scene(times: { delayMs?: number; timeoutMs?: number; partMs?: number; flushMs?: number }) {
  const { delayMs = 5_000, timeoutMs = 20_000, partMs = 1_000, flushMs = 100 } = times;
  const clock = new VirtualClock();
  const did: string[] = [];
  const note = (what: string) => void did.push(`${clock.elapsedMs} ${what}`);
  const takes = (durationMs: number) =>
    new Promise<void>((resume) => clock.setTimer(durationMs, resume));
  const stopping = new Stopping({
    clock,
    delayMs,
    timeoutMs,
    announce: () => note('announced'),
    part: (withinMs) => {
      note(`parts within ${withinMs}`);
      return takes(partMs);
    },
    flush: () => {
      note('flushes');
      return takes(flushMs);
    },
  });
  const stop = () => {
    stopping.stop().then(
      () => note('stopped'),
      (error: unknown) => note(String(error)),
    );
  };
  return { clock, did, stopping, stop };
}

describe('stopping', () => {
  test('is said first, then waited for, then done step by step', async () => {
    const { clock, did, stop } = scene({});
    stop();
    await clock.advance(60_000);
    expect(did).toEqual(['0 announced', '5000 parts within 10500', '6000 flushes', '6100 stopped']);
  });

  test('waits for nothing where there is no delay', async () => {
    const { clock, did, stop } = scene({ delayMs: 0 });
    stop();
    expect(did).toEqual(['0 announced', '0 parts within 14000']);
    await clock.advance(60_000);
    expect(did.at(-1)).toBe('1100 stopped');
  });

  test('happens once, however often it is asked for', async () => {
    const { clock, did, stop } = scene({});
    for (let times = 0; times < 3; times++) stop();
    await clock.advance(5_500);
    stop();
    await clock.advance(60_000);
    stop();
    await clock.advance(0);
    expect(did.filter((line) => !line.includes('stopped'))).toHaveLength(3);
    expect(did.filter((line) => line.includes('stopped'))).toHaveLength(5);
  });

  test('leaves no timer behind', async () => {
    const { clock, stop } = scene({});
    stop();
    await clock.advance(7_000);
    expect(clock.pending).toBe(0);
  });

  test.each([
    ['clients that do not go', { partMs: 3_600_000 }, 'clients were still being sent away'],
    [
      'a disk that does not answer',
      { flushMs: 3_600_000 },
      'what was written was still being put in order',
    ],
  ])('is over in time in spite of %s', async (_, slow, what) => {
    const { clock, did, stop } = scene(slow);
    stop();
    await clock.advance(20_000);
    expect(did.at(-1)).toBe(`20000 StopError: it did not stop within 20000 ms: ${what}`);
  });

  test('is over in time where the clock of the machine is set back', async () => {
    const { clock, did, stop } = scene({ flushMs: 3_600_000 });
    stop();
    await clock.advance(10_000);
    clock.step(-86_400_000);
    await clock.advance(10_000);
    expect(did.at(-1)).toContain('20000 StopError');
  });

  test('tells what went wrong', async () => {
    const stopping = new Stopping({
      clock: new VirtualClock(),
      ...stoppingTimes({}),
      announce: () => {},
      part: async () => {},
      flush: () => Promise.reject(new Error('the disk is gone')),
    });
    await expect(stopping.stop()).rejects.toThrow('the disk is gone');
    await expect(stopping.stop()).rejects.not.toThrow(StopError);
  });

  test.each([
    [{ drainDelayMs: 5_000, drainTimeoutMs: 5_000 }, /has to be longer/],
    [{ drainDelayMs: 20_000 }, /has to be longer/],
    [{ drainDelayMs: -1 }, /at most an hour/],
    [{ drainTimeoutMs: 0 }, /at most an hour/],
    [{ drainTimeoutMs: 3_600_001 }, /at most an hour/],
    [{ drainTimeoutMs: Number.NaN }, /at most an hour/],
  ])('has times in which it can be done: not %o', (options, problem) => {
    expect(() => stoppingTimes(options)).toThrow(problem);
  });
});
