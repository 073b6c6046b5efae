import type { Clock } from '@confer/shared';

/** Timers hold their delay in 31 bits; a longer one would fire at once. */
const DELAY_MS_MAX = 2 ** 31 - 1;

/** The real clock. A file of its own, for entries of the package that take nothing else of the platform. */
export const systemClock: Clock = {
  now: () => Date.now(),
  setTimer(delayMs, run) {
    const handle = setTimeout(run, Math.min(delayMs, DELAY_MS_MAX));
    return { cancel: () => clearTimeout(handle) };
  },
};

/** Milliseconds that this process has run, whatever is done to the clock of the machine. It may stand still in its sleep. */
export function systemUptimeMs(): number {
  return performance.now();
}
