import { describe, expect, it } from 'vitest';
import { conferDriver } from '../load/confer.ts';
import { etcdDriver } from '../load/etcd.ts';
import { Tally } from './tally.ts';

function arrive(tally: Tally, ...sequences: readonly number[]): void {
  for (const sequence of sequences) tally.arrived(0, sequence);
}

describe('what arrives at a subscriber', () => {
  it('is right when each change came once', () => {
    const tally = new Tally(conferDriver, 1);
    arrive(tally, 1, 2, 3);
    expect(() => tally.check(3)).not.toThrow();
  });

  it.each([
    ['twice', [1, 1]],
    ['out of order', [2, 1]],
    ['with a hole', [1, 3]],
  ])('is wrong when a change came %s', (_, sequences) => {
    expect(() => arrive(new Tally(conferDriver, 1), ...sequences)).toThrow('subscriber 0 got');
  });

  it('is wrong when some did not come', () => {
    const tally = new Tally(conferDriver, 2);
    arrive(tally, 1, 2);
    expect(() => tally.check(2)).toThrow('subscriber 1 got 0 of 2 changes');
  });

  it('may be in any order where none is promised, but not the wrong ones', () => {
    const tally = new Tally(etcdDriver, 1);
    arrive(tally, 2, 1, 3);
    expect(() => tally.check(3)).not.toThrow();
    arrive(tally, 3);
    expect(() => tally.check(4)).toThrow('not the right ones');
  });
});
