import { ttlProblem } from '@confer/shared';
import { ConferError } from '../../errors.ts';
import { throwIfAborted } from '../../requests/deadline.ts';
import {
  signal as abortSignal,
  name as aName,
  count,
  durationMs,
} from '../../validation/argument-types.ts';
import { checkOptions } from '../../validation/arguments.ts';
import type { Parts } from '../parts.ts';
import type { AcquireOptions } from './api.ts';
import { Patience } from './patience.ts';
import { Place, type Wanted } from './place.ts';

/** Long enough for a server that restarts, and short enough for those who wait for a holder that died. */
const TTL_MS = 15_000;

const LEASE_OVER: readonly string[] = ['lease_lost', 'lease_not_found'];

/** The TTL, checked with all else before anything is sent. */
export function ttlOf(options: AcquireOptions): number {
  checkOptions(options, {
    ...{ ttlMs: count, waitMs: durationMs, signal: abortSignal, about: aName },
  });
  const { ttlMs = TTL_MS } = options;
  const problem = ttlProblem(ttlMs);
  if (problem !== undefined) throw new ConferError('invalid_argument', problem);
  return ttlMs;
}

/** Queues up until it is its turn. A place that is lost meanwhile is given up, and another one taken, at the end. */
export async function acquire(
  parts: Parts,
  wanted: Wanted,
  { waitMs = Number.POSITIVE_INFINITY, signal }: AcquireOptions,
): Promise<Place> {
  const patience = new Patience(parts.context, waitMs, signal);
  for (;;) {
    throwIfAborted(signal);
    const place = await take(parts, wanted, patience);
    if (place === undefined) continue;
    try {
      await place.first(patience);
      return place;
    } catch (error) {
      const isLost = place.loss?.code === 'lease_lost';
      await place.abandon();
      if (!isLost) throw error;
    }
  }
}

/** A place, or nothing where its lease was over before its entry was there: the way to the server took so long. */
async function take(parts: Parts, wanted: Wanted, patience: Patience): Promise<Place | undefined> {
  try {
    return await Place.take(parts, wanted, patience.wait);
  } catch (error) {
    const isOver = error instanceof ConferError && LEASE_OVER.includes(error.code);
    if (isOver && !parts.context.closing.aborted) return undefined;
    throw error;
  }
}
