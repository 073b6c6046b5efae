import { describe, expect, it } from 'vitest';
import { isLinearizable, type RegisterOperation } from './linearizable.ts';

type Effect = RegisterOperation['effect'];

const during = (called: number, returned: number, effect: Effect): RegisterOperation => ({
  called,
  returned,
  isOptional: false,
  effect,
});
const lost = (called: number, effect: Effect, returned = Number.POSITIVE_INFINITY) => ({
  called,
  returned,
  isOptional: true,
  effect,
});
const read = (value: string | null): Effect => ({ kind: 'read', value });
const write = (value: string | null): Effect => ({ kind: 'write', value });
const swap = (expected: string | null, value: string): Effect => ({
  kind: 'swap',
  expected,
  value,
});
const refused = (expected: string | null): Effect => ({ kind: 'refused', expected });

describe('S2 the linearizability checker accepts', () => {
  it.each<[string, RegisterOperation[]]>([
    ['nothing', []],
    ['a read of nothing', [during(1, 2, read(null))]],
    ['a read after a write', [during(1, 2, write('a')), during(3, 4, read('a'))]],
    [
      'a read of the old value during a write',
      [during(1, 5, write('a')), during(2, 3, read(null))],
    ],
    ['a read of the new value during a write', [during(1, 5, write('a')), during(2, 3, read('a'))]],
    [
      'writes at the same time, in either order',
      [during(1, 9, write('a')), during(1, 9, write('b')), during(10, 11, read('a'))],
    ],
    ['a lost write that happened', [lost(1, write('a')), during(5, 6, read('a'))]],
    ['a lost write that did not happen', [lost(1, write('a')), during(5, 6, read(null))]],
    [
      'a lost write that happened late',
      [lost(1, write('a')), during(5, 6, read(null)), during(7, 8, read('a'))],
    ],
    ['a swap that held', [during(1, 2, swap(null, 'a')), during(3, 4, swap('a', 'b'))]],
    ['a swap that was refused', [during(1, 2, write('a')), during(3, 4, refused(null))]],
    [
      'a swap refused because of a lost write',
      [lost(1, write('a')), during(3, 4, refused(null)), during(5, 6, read('a'))],
    ],
    [
      'a delete between reads',
      [during(1, 2, write('a')), during(3, 6, write(null)), during(4, 5, read('a'))],
    ],
  ])('%s', (_, history) => {
    expect(isLinearizable(history)).toBe(true);
  });
});

describe('S2 the linearizability checker rejects', () => {
  it.each<[string, RegisterOperation[]]>([
    ['a value that nobody wrote', [during(1, 2, read('a'))]],
    ['a stale read', [during(1, 2, write('a')), during(3, 4, read(null))]],
    [
      'a value that comes back',
      [
        during(1, 2, write('a')),
        during(3, 9, write('b')),
        during(4, 5, read('b')),
        during(6, 7, read('a')),
      ],
    ],
    ['two swaps of one value', [during(1, 9, swap(null, 'a')), during(1, 9, swap(null, 'b'))]],
    ['a swap refused for no reason', [during(1, 2, write('a')), during(3, 4, refused('a'))]],
    [
      'a lost write that is there, gone and there again',
      [
        lost(1, write('a')),
        during(3, 4, read('a')),
        during(5, 6, write('b')),
        during(7, 8, read('a')),
      ],
    ],
    [
      'a lost write after its last moment',
      [lost(1, write('a'), 2), during(3, 4, read(null)), during(5, 6, read('a'))],
    ],
    ['a read before the write was asked for', [during(1, 2, read('a')), during(3, 4, write('a'))]],
  ])('%s', (_, history) => {
    expect(isLinearizable(history)).toBe(false);
  });

  it('long histories, quickly', () => {
    const history = Array.from({ length: 60 }, (_, i) => during(i * 2, i * 2 + 5, write(`v${i}`)));
    const maybe = Array.from({ length: 5 }, (_, i) => lost(i * 20, write(`lost${i}`)));
    const all = [...history, ...maybe];
    expect(isLinearizable([...all, during(200, 201, read('v59'))])).toBe(true);
    expect(isLinearizable([...all, during(200, 201, read('v0'))])).toBe(false);
  });
});
