import { describe, expect, it } from 'vitest';
import { Readers } from './readers.ts';

const of = (number: number, principal: string | undefined = undefined) => ({
  address: `10.0.${number >> 8}.${number & 255}`,
  principal,
});
const tooMany = expect.objectContaining({ code: 'too_many_requests' });

describe('W10 the readers of a server', () => {
  it('are bounded together', () => {
    const readers = new Readers(() => {});
    for (let n = 0; n < 8_000; n++) readers.enter(of(n));
    expect(() => readers.enter(of(10_001))).toThrow(tooMany);
  });

  it('are bounded by network and by principal, and leave room for others', () => {
    const readers = new Readers(() => {});
    const leave = Array.from({ length: 2_000 }, () => readers.enter(of(1)));
    expect(() => readers.enter(of(1, 'ada'))).toThrow(tooMany);
    for (let n = 0; n < 2_000; n++) readers.enter(of(2 + n, 'ada'));
    expect(() => readers.enter(of(1_000_000, 'ada'))).toThrow(tooMany);
    readers.enter(of(3, 'bob'));
    leave[0]?.();
    leave[0]?.();
    readers.enter(of(1, 'bob'));
    expect(() => readers.enter(of(1, 'bob'))).toThrow(tooMany);
    expect(readers.count).toBe(4_001);
  });

  it('are woken a few at a time, all of them and in their order', () => {
    const turns: (() => void)[] = [];
    const readers = new Readers((run) => turns.push(run));
    const woken: number[] = [];
    for (let n = 0; n < 120; n++) readers.wake(() => woken.push(n));
    const counts: number[] = [];
    for (let turn = turns.shift(); turn !== undefined; turn = turns.shift()) {
      turn();
      counts.push(woken.length);
    }
    expect(counts).toEqual([50, 100, 120]);
    expect(woken).toEqual(Array.from({ length: 120 }, (_, n) => n));
  });
});
