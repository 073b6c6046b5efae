import { expect, it } from 'vitest';
import { VirtualClock } from '../../../shared/src/test-support/virtual-clock.ts';
import { Exchanges } from './exchanges.ts';

function exchanges({ plain = 0, isStopped = false } = {}) {
  return new Exchanges({
    ...{ waitingMax: 10, plain: () => plain, clock: new VirtualClock() },
    ...{ isStopped: () => isStopped, hasRoom: () => true },
  });
}

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
