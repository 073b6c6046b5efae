import type { Clock, Random } from '@confer/shared';
import { customAlphabet, nanoid } from 'nanoid';

/** What a server takes from its surroundings, handed in so that it can run on a virtual clock. */
export interface Runtime {
  readonly clock: Clock;
  /** Milliseconds that this process has run, whatever is done to the clock of the machine. */
  readonly uptimeMs: () => number;
  readonly random: Random;
  /** A fresh name that nobody else has. */
  readonly newId: () => string;
  /** So many letters and digits that nobody can guess. */
  readonly newSecret: (length: number) => string;
  /** Runs later, after the events that wait already: how long work lets others in between. */
  readonly defer: (run: () => void) => void;
}

/** What a process has beside that. */
export interface SystemRuntime extends Runtime {
  /** The number of the process. */
  readonly pid: number;
  /** Of Node: `20.20.2`. */
  readonly nodeVersion: string;
}

const systemClock: Clock = {
  now: () => Date.now(),
  setTimer: (delayMs, run) => {
    const timer = setTimeout(run, delayMs);
    return { cancel: () => clearTimeout(timer) };
  },
};

const LETTERS_AND_DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

export const systemRuntime: SystemRuntime = {
  clock: systemClock,
  random: Math.random,
  uptimeMs: () => performance.now(),
  newId: () => nanoid(),
  newSecret: customAlphabet(LETTERS_AND_DIGITS),
  pid: process.pid,
  nodeVersion: process.versions.node,
  defer: (run) => void setImmediate(run),
};
