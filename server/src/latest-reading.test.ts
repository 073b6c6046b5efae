import { expect, test } from 'vitest';
import { VirtualClock } from '../../shared/src/test-support/virtual-clock.ts';
import { LatestReading } from './latest-reading.ts';

/** Something to read that answers when the test says. */
function reading() {
  const clock = new VirtualClock();
  const asked: { answer: (value: string) => void; fail: () => void }[] = [];
  const read = () =>
    new Promise<string>((resolve, reject) => {
      asked.push({ answer: resolve, fail: () => reject(new Error('EIO')) });
    });
  return { clock, asked, latest: new LatestReading(read, clock, 250) };
}

test('is what is there now', async () => {
  const { asked, latest } = reading();
  const got = latest.get();
  asked[0]?.answer('now');
  expect(await got).toBe('now');
});

test('one is under way however many ask, and each of them gets it', async () => {
  const { asked, latest } = reading();
  const all = [latest.get(), latest.get(), latest.get()];
  expect(asked).toHaveLength(1);
  asked[0]?.answer('now');
  expect(await Promise.all(all)).toEqual(['now', 'now', 'now']);
});

test('what hangs keeps nobody waiting, and holds one thread: what was known before is told', async () => {
  const { clock, asked, latest } = reading();
  const first = latest.get();
  asked[0]?.answer('before');
  expect(await first).toBe('before');
  for (let i = 0; i < 3; i++) {
    const got = latest.get();
    clock.advance(250);
    expect(await got).toBe('before');
  }
  expect(asked).toHaveLength(2);
  asked[1]?.answer('after');
  await Promise.resolve();
  const got = latest.get();
  asked[2]?.answer('now');
  expect(await got).toBe('now');
});

test('what cannot be read any more is not known', async () => {
  const { asked, latest } = reading();
  const first = latest.get();
  asked[0]?.answer('before');
  await first;
  const got = latest.get();
  asked[1]?.fail();
  expect(await got).toBe(undefined);
});
