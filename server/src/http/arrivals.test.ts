import { describe, expect, it } from 'vitest';
import { Arrivals } from './arrivals.ts';

describe('W10 requests that come at once', () => {
  it('are begun a few at a time, all of them and in their order', async () => {
    const turns: (() => void)[] = [];
    const arrivals = new Arrivals((run) => turns.push(run));
    const begun: number[] = [];
    const come = (number: number) => {
      const turn = arrivals.turn();
      if (turn === undefined) begun.push(number);
      else void turn.then(() => begun.push(number));
    };
    for (let n = 0; n < 119; n++) come(n);
    const counts = [begun.length];
    for (let turn = turns.shift(); turn !== undefined; turn = turns.shift()) {
      turn();
      await Promise.resolve();
      counts.push(begun.length);
      // Who comes while others wait has not been there before them.
      if (counts.length === 2) come(119);
    }
    expect(counts).toEqual([50, 100, 120, 120]);
    expect(begun).toEqual(Array.from({ length: 120 }, (_, n) => n));
    expect(arrivals.turn()).toBeUndefined();
  });
});
