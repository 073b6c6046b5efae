import { expect, it } from 'vitest';
import { VirtualClock } from '../../../shared/src/test-support/virtual-clock.ts';
import { Exchanges } from './exchanges.ts';

const MIB = 1024 * 1024;

/** One that has a body, and lets go of it when it is told to. */
function holder(all: Exchanges) {
  const self = {
    isGone: false,
    makeRoom() {
      self.isGone = true;
      all.letGo(self);
    },
  };
  return self;
}

function exchanges({ plain = 0, isStopped = false } = {}) {
  return new Exchanges({
    ...{ waitingMax: 10, plain: () => plain, clock: new VirtualClock() },
    ...{ isStopped: () => isStopped, hasRoom: () => true },
  });
}

it('keeps 256 MiB of bodies of all requests together, and not a byte more', () => {
  const all = exchanges();
  const [one, other] = [holder(all), holder(all)];
  expect(all.keep(one, 256 * MIB)).toBe(true);
  expect(all.keep(one, 1)).toBe(false);
  all.letGo(one);
  expect(all.keep(other, 256 * MIB)).toBe(true);
  expect(all.keep(other, 1)).toBe(false);
  expect([one.isGone, other.isGone]).toEqual([false, false]);
});

it('W10 has who has taken longest make room for who brings a body now', () => {
  const all = exchanges();
  const slow = Array.from({ length: 32 }, () => holder(all));
  for (const each of slow) all.keep(each, 8 * MIB);
  for (const each of slow) expect(all.keep(each, 0)).toBe(true);
  const fast = holder(all);
  expect(all.keep(fast, MIB)).toBe(true);
  expect(all.keep(fast, 7 * MIB)).toBe(true);
  expect(slow.map(({ isGone }) => isGone)).toEqual([true, ...Array(31).fill(false)]);
  expect(all.keep(fast, 1)).toBe(true);
  expect(slow[1]?.isGone).toBe(true);
});

it('keeps connections for another request while half of those that may wait do not', () => {
  expect(exchanges({ plain: 4 }).isLastAnswer()).toBe(false);
  expect(exchanges({ plain: 5 }).isLastAnswer()).toBe(true);
  const busy = exchanges({ plain: 5 });
  const over = busy.began();
  expect(busy).toMatchObject({ asked: 1, waiting: 4 });
  expect(busy.isLastAnswer()).toBe(false);
  over();
  expect(busy).toMatchObject({ asked: 0, waiting: 5 });
  expect(exchanges({ isStopped: true }).isLastAnswer()).toBe(true);
});
