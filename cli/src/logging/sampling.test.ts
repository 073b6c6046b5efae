import { expect, test } from 'vitest';
import { VirtualClock } from '../../../shared/src/test-support/virtual-clock.ts';
import type { Line } from './line.ts';
import { KINDS_MAX, SAID_MAX, Sampling } from './sampling.ts';

const MINUTE_MS = 60_000;

function scene() {
  const clock = new VirtualClock();
  const said: Line[] = [];
  return { clock, said, sampling: new Sampling(clock, (line) => said.push(line)) };
}

function line(message: string, code?: string, level: Line['level'] = 'warn'): Line {
  return { level, message, fields: code === undefined ? {} : { code } };
}

test('the same is said a few times a minute, and then how often it came', async () => {
  const { clock, said, sampling } = scene();
  for (let i = 0; i < SAID_MAX + 312; i++) sampling.take(line('refused'));
  expect(said).toHaveLength(SAID_MAX);
  await clock.advance(MINUTE_MS);
  expect(said.slice(SAID_MAX)).toEqual([
    {
      level: 'warn',
      message: 'refused: and 312 more like it in a minute',
      fields: { repeats: 312 },
    },
  ]);
});

test('what is said seldom is said as it is, however long it goes on', async () => {
  const { clock, said, sampling } = scene();
  for (let i = 0; i < 100; i++) {
    sampling.take(line('now and then'));
    await clock.advance(MINUTE_MS / 5);
  }
  expect(said).toHaveLength(100);
  expect(said.every(({ message }) => message === 'now and then')).toBe(true);
});

test('one thing said often hides no other, nor another reason for it, nor a worse level', () => {
  const { said, sampling } = scene();
  for (let i = 0; i < 1_000; i++) sampling.take(line('connection ended', 'silent'));
  const others = [
    line('connection ended', 'internal'),
    line('connection ended', 'silent', 'error'),
    line('the storage is degraded'),
  ];
  for (const other of others) sampling.take(other);
  expect(said.slice(SAID_MAX)).toEqual(others);
});

test('a clock that is set neither silences it nor makes it talk', async () => {
  const { clock, said, sampling } = scene();
  for (const byMs of [-86_400_000, 86_400_000]) {
    for (let i = 0; i < 100; i++) sampling.take(line('refused'));
    clock.step(byMs);
    expect(said.splice(0)).toHaveLength(SAID_MAX);
    await clock.advance(MINUTE_MS);
    expect(said.splice(0)).toHaveLength(1);
  }
});

test('a stranger who makes up what is said gets no more of it, nor of the memory', async () => {
  const { clock, said, sampling } = scene();
  for (let i = 0; i < 10_000; i++) sampling.take(line(`made up ${i}`));
  expect(said.length).toBe(KINDS_MAX + SAID_MAX);
  // What is worse has a place of its own.
  sampling.take(line('the storage has failed', undefined, 'error'));
  expect(said.at(-1)?.level).toBe('error');
  await clock.advance(MINUTE_MS);
  expect(said.at(-1)?.message).toMatch(/^lines of many kinds: and \d+ more/);
  sampling.take(line('something else'));
  expect(said.at(-1)?.message).toBe('something else');
});

test('an end says at once what was only counted', async () => {
  const { clock, said, sampling } = scene();
  for (let i = 0; i < SAID_MAX + 5; i++) sampling.take(line('refused'));
  sampling.flush();
  expect(said.at(-1)?.fields).toEqual({ repeats: 5 });
  await clock.advance(2 * MINUTE_MS);
  expect(said).toHaveLength(SAID_MAX + 1);
});
