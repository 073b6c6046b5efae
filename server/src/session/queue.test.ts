import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { Queue } from './queue.ts';

describe('a queue', () => {
  it('gives what came first first, also while more comes', () => {
    const queue = new Queue<number>();
    const given: (number | undefined)[] = [];
    for (let i = 0; i < 10_000; i++) {
      queue.push(i);
      if (i % 3 !== 0) given.push(queue.shift());
    }
    expect(queue.length).toBe(10_000 - given.length);
    while (queue.length > 0) given.push(queue.shift());
    expect(given).toEqual(Array.from({ length: 10_000 }, (_, i) => i));
    expect(queue.shift()).toBe(undefined);
  });

  it('holds nothing that was taken', async () => {
    setFlagsFromString('--expose-gc');
    const collect: () => void = runInNewContext('gc');
    const queue = new Queue<object>();
    const taken = [1, 2, 3].map((id) => {
      const item = { id };
      queue.push(item);
      return new WeakRef(item);
    });
    queue.shift();
    queue.shift();
    await expect
      .poll(() => {
        collect();
        return taken.map((ref) => ref.deref() === undefined);
      })
      .toEqual([true, true, false]);
    expect(queue.length).toBe(1);
  });

  it('lists what waits, and lets go of it', () => {
    const queue = new Queue<string>();
    for (const item of ['a', 'b', 'c']) queue.push(item);
    queue.shift();
    expect([...queue]).toEqual(['b', 'c']);
    queue.clear();
    expect(queue.length).toBe(0);
    expect(queue.shift()).toBe(undefined);
  });
});
