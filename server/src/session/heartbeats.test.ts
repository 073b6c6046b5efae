import { expect, it } from 'vitest';
import { Heartbeats } from './heartbeats.ts';

/** Timers that come so late each, as they do where every turn of the event loop takes as long. */
function lateClock(lateMs: number) {
  let now = 1_000_000;
  let due: { at: number; run: () => void } | undefined;
  return {
    now: () => now,
    setTimer(delayMs: number, run: () => void) {
      due = { at: now + delayMs + lateMs, run };
      return { cancel: () => {} };
    },
    step(stepMs: number) {
      now += stepMs;
      if (due !== undefined) due = { ...due, at: due.at + stepMs };
    },
    runFor(durationMs: number) {
      const end = now + durationMs;
      for (let next = due; next !== undefined && next.at <= end; next = due) {
        now = next.at;
        due = undefined;
        next.run();
      }
      now = end;
    },
  };
}

it.each([0, 5, 29])(
  'W8 heartbeats keep their period where each timer comes %d ms late',
  (lateMs) => {
    const clock = lateClock(lateMs);
    const beats = new Heartbeats(clock, 300);
    let count = 0;
    beats.add({ beat: () => count++ });
    clock.runFor(30_000);
    expect(count).toBeGreaterThanOrEqual(99);
    expect(count).toBeLessThanOrEqual(101);
  },
);

it.each([-3_600_000, 3_600_000])(
  'W8 heartbeats keep their period when the clock is set by %d ms',
  (stepMs) => {
    const clock = lateClock(0);
    const beats = new Heartbeats(clock, 300);
    let count = 0;
    beats.add({ beat: () => count++ });
    clock.runFor(3_000);
    clock.step(stepMs);
    clock.runFor(3_000);
    expect(count).toBeGreaterThanOrEqual(19);
    expect(count).toBeLessThanOrEqual(21);
  },
);
