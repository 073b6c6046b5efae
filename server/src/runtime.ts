import type { Clock, Random } from '@confer/shared';
import { nanoid } from 'nanoid';

/** What a server takes from its surroundings, handed in so that it can run on a virtual clock. */
export interface Runtime {
  readonly clock: Clock;
  readonly random: Random;
  /** A fresh name that nobody else has. */
  readonly newId: () => string;
  /** Runs later, after the events that wait already: how long work lets others in between. */
  readonly defer: (run: () => void) => void;
}

const systemClock: Clock = {
  now: () => Date.now(),
  setTimer: (delayMs, run) => {
    const timer = setTimeout(run, delayMs);
    return { cancel: () => clearTimeout(timer) };
  },
};

export const systemRuntime: Runtime = {
  clock: systemClock,
  random: Math.random,
  newId: () => nanoid(),
  defer: (run) => void setImmediate(run),
};
