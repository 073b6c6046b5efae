import { expect, it } from 'vitest';
import { Exchanges } from './exchanges.ts';

const MIB = 1024 * 1024;

function exchanges({ plain = 0, isStopped = false } = {}) {
  return new Exchanges({
    ...{ waitingMax: 10, plain: () => plain },
    ...{ isStopped: () => isStopped, hasRoom: () => true },
  });
}

it('keeps 256 MiB of bodies of all requests together, and not a byte more', () => {
  const all = exchanges();
  for (let times = 0; times < 32; times += 1) expect(all.keep(8 * MIB)).toBe(true);
  expect(all.keep(1)).toBe(false);
  all.keep(-8 * MIB);
  expect(all.keep(8 * MIB)).toBe(true);
  expect(all.keep(1)).toBe(false);
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
