import type { Clock, Random } from '@confer/shared';
import { callBack } from './delivery/listener-queue.ts';
import type { OverrideSource } from './local-api.ts';
import { messageOf } from './make-error.ts';
import type { OpenSocket } from './sockets/socket.ts';
import { systemClock, systemUptimeMs } from './system-clock.ts';

/** Everything the client takes from the world, handed in so that tests can be the world. */
export interface Platform {
  readonly openSocket: OpenSocket;
  readonly clock: Clock;
  /** How long the process has run, in ms, by a clock that nobody sets. It may stand still while the machine sleeps. */
  readonly uptimeMs: () => number;
  readonly random: Random;
  /** A fresh name for a write; never the same twice (S4). */
  readonly newId: () => string;
  /** Opens what the operator of this machine has to say. */
  readonly override?: (clock: Clock, report: (error: unknown) => void) => OverrideSource;
  /** Calls back, until the signal, when the machine may have slept. */
  readonly onWakeUp?: (check: () => void, signal: AbortSignal) => void;
}

/** The real clock and real randomness, with the socket of this platform. */
export function systemPlatform(openSocket: OpenSocket): Platform {
  return {
    openSocket,
    clock: systemClock,
    uptimeMs: systemUptimeMs,
    random: Math.random,
    newId,
  };
}

/** 128 random bits. `randomUUID` would do, but pages have that only over https. */
function newId(): string {
  return crypto.getRandomValues(new Uint32Array(4)).join('-');
}

/** Whoever is told of errors may have one too, and then there is nobody left to tell but this. */
export function reporterTo(
  onError: (error: unknown) => void = console.error,
): (error: unknown) => void {
  // Where showing that throws once more, its text will do.
  const print = (second: unknown) =>
    callBack(console.error, second, () => console.error(messageOf(second)));
  return (error) => callBack(onError, error, print);
}

/** For what an operator should see, where the user has not said who is told. */
export function warn(message: string): void {
  console.warn(`confer: ${message}`);
}
