import type { Runtime } from '../runtime.ts';

/** Somebody who is served until the server sends him away. */
export interface Guest {
  /** Requests that came and have no answer yet. */
  readonly waiting: number;
  /** Takes nothing more from him, and asks him to come back after so long. */
  leave(retryInMs: number): void;
  /** Ends it. */
  dismiss(): void;
}

/** How everybody is sent away. */
export interface FarewellPlan {
  /** Over how long everybody is told. Whoever is not told yet is served as ever. */
  readonly spreadMs: number;
  /** Within how long after that somebody is to come back, each at a time of his own. */
  readonly returnMs: number;
  /** How long what was accepted may take after the last was told. */
  readonly settleMs: number;
}

/** A server takes back about this many clients a millisecond without strain. */
const RETURNS_PER_MS = 1;
/** A server that is started again takes at least this long. */
const RETURN_MS_MIN = 1_000;
const SETTLE_MS_MAX = 5_000;
/** What was accepted has at least this part of the time, however many are to be told before. */
const SETTLE_SHARE = 1 / 4;
const LOOK_MS = 10;
/** So many goodbyes take 9 ms, over ws 19, and everybody who is still served waits for them. */
const WAVE_MAX = 100;

/**
 * Where other servers have the same data, everybody moves to one of them when he is told, so they are told one after
 * another, at the rate that a server takes. Where there is no other, whoever is told early only misses more: all are
 * told at once, and told when to come back.
 */
export function farewellOf(
  guests: number,
  { hasOthers, withinMs }: { readonly hasOthers: boolean; readonly withinMs: number },
): FarewellPlan {
  const settleMs = Math.min(SETTLE_MS_MAX, withinMs * SETTLE_SHARE);
  const returnMs = guests / RETURNS_PER_MS;
  if (!hasOthers) return { spreadMs: 0, returnMs: Math.max(RETURN_MS_MIN, returnMs), settleMs };
  const spreadMs = Math.min(returnMs, withinMs - settleMs);
  return { spreadMs, returnMs: returnMs - spreadMs, settleMs };
}

/**
 * Sends everybody away as planned, each as soon as what he asked for is done. Resolves when nobody is left, or when the
 * time is over. The caller lets nobody in; who comes all the same is sent away, too.
 */
export function sayFarewell(
  guests: ReadonlySet<Guest>,
  { spreadMs, returnMs, settleMs }: FarewellPlan,
  { clock, uptimeMs, random }: Pick<Runtime, 'clock' | 'uptimeMs' | 'random'>,
): Promise<void> {
  const startedAt = uptimeMs();
  const perMs = guests.size / spreadMs;
  const leaving = new Set<Guest>();
  let told = 0;
  const tell = (upTo: number) => {
    for (const guest of guests) {
      if (told >= upTo) return;
      if (leaving.has(guest)) continue;
      told += 1;
      leaving.add(guest);
      guest.leave(Math.floor(random() * returnMs));
    }
  };
  const dismissDone = () => {
    for (const guest of leaving)
      if (!guests.has(guest)) leaving.delete(guest);
      else if (guest.waiting === 0) {
        leaving.delete(guest);
        guest.dismiss();
      }
  };
  return new Promise((resolve) => {
    const look = () => {
      // By how long the process has run: a clock that is set changes nothing.
      const passedMs = uptimeMs() - startedAt;
      const due = passedMs >= spreadMs ? Number.POSITIVE_INFINITY : Math.ceil(passedMs * perMs);
      tell(Math.min(told + WAVE_MAX, due));
      dismissDone();
      if (guests.size === 0 || passedMs >= spreadMs + settleMs) resolve();
      else clock.setTimer(LOOK_MS, look);
    };
    look();
  });
}
