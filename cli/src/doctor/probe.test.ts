import { describe, expect, test } from 'vitest';
import { VirtualClock } from '../../../shared/src/test-support/virtual-clock.ts';
import { type ProbeLimits, probe, reasonOf } from './probe.ts';

const never = () => new Promise<never>(() => {});

function scene() {
  const clock = new VirtualClock();
  const stop = new AbortController();
  const limits: ProbeLimits = { terminal: { clock, signal: stop.signal }, timeoutMs: 3_000 };
  return { clock, stop, limits };
}

describe('a probe', () => {
  test('that hears nothing is late after its time, and what it opened is ended', async () => {
    const { clock, limits } = scene();
    let ended = false;
    const running = probe(limits, never, () => {
      ended = true;
    });
    await clock.advance(2_999);
    expect(ended).toBe(false);
    await clock.advance(1);
    expect(await running).toEqual({ kind: 'late' });
    expect(ended).toBe(true);
  });

  test('says how long it took, also where the clock was set back meanwhile', async () => {
    const { clock, limits } = scene();
    let answer = (_: string) => {};
    const running = probe(
      limits,
      () =>
        new Promise<string>((resolve) => {
          answer = resolve;
        }),
    );
    await clock.advance(20);
    answer('here');
    expect(await running).toEqual({ kind: 'found', result: 'here', tookMs: 20 });
  });

  test('fails with what it was told, and ends where the user asks for it', async () => {
    const { stop, limits } = scene();
    const failing = probe(limits, () => Promise.reject(new Error('no')));
    expect(await failing).toMatchObject({ kind: 'failed', error: { message: 'no' } });
    const waiting = probe(limits, never);
    stop.abort('SIGINT');
    await expect(waiting).rejects.toMatchObject({ name: 'Interrupted', exitCode: 130 });
    await expect(probe(limits, never)).rejects.toMatchObject({ name: 'Interrupted' });
  });
});

test('the reason of a name with several addresses is that of each', () => {
  const error = new AggregateError([new Error('connect a'), new Error('connect b')]);
  expect(reasonOf(error)).toBe('connect a, connect b');
});
