import type { Clock } from '@confer/shared';

/** Resolves so much later. */
export function pause(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => clock.setTimer(delayMs, resolve));
}
