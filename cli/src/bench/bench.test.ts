import type { Client } from '@confer/client';
import { describe, expect, test } from 'vitest';
import { Latencies } from './latencies.ts';
import { Measures, type Pace, sinceOf, Writers } from './load.ts';
import { planOf, remoteOf } from './plan.ts';

describe('latencies', () => {
  test.each([
    [0.02, 3],
    [0.3, 40],
    [1, 60_000],
  ])('from %d to %d ms tell every share within a hundredth, and never too little', (min, max) => {
    const times = new Latencies();
    // In steps that grow, as times do; backwards, since they do not come in order.
    const all = Array.from({ length: 5_000 }, (_, i) => min * (max / min) ** (i / 4_999));
    for (const ms of [...all].reverse()) times.add(ms);
    for (const share of [0, 0.01, 0.5, 0.9, 0.99, 0.999, 1]) {
      const exact = all[Math.max(1, Math.ceil(share * all.length)) - 1] ?? 0;
      expect(times.percentileMs(share)).toBeGreaterThanOrEqual(exact * 0.999_999);
      expect(times.percentileMs(share)).toBeLessThan(exact * 1.01);
    }
    expect(times.maxMs).toBeCloseTo(max, 9);
    expect(times.meanMs).toBeCloseTo(all.reduce((sum, ms) => sum + ms) / all.length, 9);
  });

  test('have an answer about nothing, about what took no time, and about what took days', () => {
    const times = new Latencies();
    expect([times.percentileMs(0.5), times.meanMs, times.maxMs, times.count]).toEqual([0, 0, 0, 0]);
    for (const ms of [0, 1e9]) times.add(ms);
    expect(times.percentileMs(0.5)).toBeLessThanOrEqual(0.002);
    expect(times.percentileMs(1)).toBeGreaterThan(3_600_000);
  });
});

const options = { size: '100', entries: '10', duration: '10s', watchers: '0' };

/** A load on a server that answers in 1 ms, but stands still from the second second to the third. */
async function stalled(writers: number, rate: { readonly rate?: string }): Promise<Measures> {
  const plan = planOf({ ...options, ...rate, writers: `${writers}` });
  let now = 0;
  const waiting: { readonly at: number; readonly run: () => void }[] = [];
  const until = (at: number) => new Promise<void>((run) => void waiting.push({ at, run }));
  const pace: Pace = { now: () => now, rest: (ms) => until(now + ms) };
  const measures = new Measures();
  const client = {
    async set(_: string, value: string) {
      expect(sinceOf(value)).toBeLessThanOrEqual(now);
      await until(now >= 2_000 && now < 3_000 ? 3_000 : now + 1);
      return { revision: 1 };
    },
  };
  const parts = { plan, root: '/x', pace, measures, isOver: () => false };
  let isDone = false;
  const fakes: Pick<Client, 'set'>[] = Array.from({ length: writers }, () => client);
  const running = new Writers(parts).run(fakes, 0, { from: 0, to: plan.durationMs });
  void running.finally(() => {
    isDone = true;
  });
  while (!isDone) {
    await new Promise((resolve) => setImmediate(resolve));
    const [next] = waiting.sort((a, b) => a.at - b.at);
    if (next === undefined) continue;
    now = Math.max(now, next.at);
    const due = waiting.filter((one) => one.at <= now);
    waiting.splice(0, due.length);
    for (const { run } of due) run();
  }
  await running;
  return measures;
}

describe('a server that stands still for a second', () => {
  test('is charged at a rate with every write that was due meanwhile, from when it was due', async () => {
    const { writes } = await stalled(1, { rate: '100' });
    expect(writes.count).toBe(1_000);
    // Of 10 s one: the writes of a second, which waited for half a second in the middle, and those made up for.
    expect(writes.percentileMs(0.95)).toBeGreaterThan(400);
    expect(writes.percentileMs(0.5)).toBeLessThan(1.1);
    expect(writes.maxMs).toBeGreaterThan(990);
  });

  test('has without a rate one slow write from each writer', async () => {
    const { writes } = await stalled(2, {});
    expect(writes.percentileMs(0.99)).toBeLessThan(1.1);
    expect(writes.maxMs).toBeGreaterThan(990);
    expect(writes.count).toBeGreaterThan(15_000);
  });
});

test('only servers on this machine are loaded without a word more', () => {
  const here = ['http://127.0.0.1:7480', 'http://localhost:1', 'https://[::1]:7', 'ws://127.9.9.9'];
  expect(remoteOf(here)).toEqual([]);
  const away = [
    ...['http://10.0.0.7:7480', 'https://config.example', 'http://127.0.0.1.example', 'nonsense'],
    ...['http://127.example', 'http://[::2]:7480', 'http://localhost.example', 'http://0.0.0.0:1'],
  ];
  expect(remoteOf([...here, ...away])).toEqual(away);
  expect(remoteOf(['http://user@127.0.0.1@evil.example/'])).toHaveLength(1);
});
