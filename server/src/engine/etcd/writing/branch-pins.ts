import { limits, ProtocolError } from '@confer/shared';
import {
  type Broken,
  conflict,
  firstBroken,
  type JudgedState,
  type SubtreeCondition,
  touches,
} from '../../conditions.ts';
import { type CooperativeSteps, TimeSlice } from '../../cooperative-steps.ts';
import { requireDistinct } from '../../distinct-writes.ts';
import type { EngineOperation, WriteRequest } from '../../engine.ts';
import type { Replica } from '../../replica/replica.ts';
import { heldOf } from '../../replica/states.ts';
import { isTouched } from '../../replica/touched.ts';
import { walk } from '../../replica/walk.ts';
import { CONDITIONS_MAX } from './etcd-limits.ts';
import type { Pin } from './txn-write.ts';

/** What a request does, by the state of one revision, and what must still be so where it is done. */
export interface Verdict {
  /** Of the state that it was judged by. */
  readonly revision: number;
  readonly operations: readonly EngineOperation[];
  readonly otherwise: boolean;
  /** Nothing is done: a condition does not hold and the request says nothing else, or it cannot be judged. */
  readonly refusal?: ProtocolError;
  readonly pins: readonly Pin[];
  /** No gateway may have written since, because that is more than pins can say. */
  readonly needsHead: boolean;
}

/**
 * Judges a request by what is shown, and says what makes the verdict certain in etcd:
 *
 * 1. What a path holds is known by its modRevision, whatever a condition asks of it. So where all hold, each path
 *    that was looked at is pinned to the modRevision that it was seen with; where one does not, that one alone is.
 * 2. That something changed in a subtree stays so: no pin.
 * 3. That nothing did, or more than a transaction takes as compares, is pinned by the head, which every commit
 *    writes. Only a lease that runs out deletes without one: entries that have a lease are pinned beside it.
 */
export function* verdictOn(request: WriteRequest, replica: Replica): CooperativeSteps<Verdict> {
  const { revision } = replica;
  try {
    return yield* judged(request, replica, revision);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return { ...{ revision, operations: [], otherwise: true, refusal: error }, ...NO_PINS };
  }
}

const NO_PINS = { pins: [], needsHead: false } as const;

function* judged(
  request: WriteRequest,
  replica: Replica,
  revision: number,
): CooperativeSteps<Verdict> {
  const pace = new TimeSlice();
  const { conditions, operations, otherwise } = request;
  if (otherwise !== undefined) {
    yield* requireDistinct(operations, pace);
    yield* requireDistinct(otherwise, pace);
  }
  const state: JudgedState = {
    read: (path) => heldOf(replica.tree.at(path, revision)),
    isTouched: (asked) => isTouched(replica, asked, pace),
  };
  const broken = yield* firstBroken(conditions, state, pace);
  if (broken === undefined) {
    const pinned = yield* pinsOfAll(request, { replica, revision, state }, pace);
    return { revision, operations, otherwise: false, ...pinned };
  }
  return {
    ...{ revision, operations: otherwise ?? [], otherwise: true },
    ...(otherwise === undefined ? { refusal: conflict(broken) } : {}),
    ...{ pins: pinOf(broken), needsHead: false },
  };
}

function pinOf({ condition, found }: Broken): readonly Pin[] {
  if ('unchangedSince' in condition) return [];
  return [{ path: condition.path, modRevision: found?.modRevision ?? 0 }];
}

interface Judged {
  readonly replica: Replica;
  readonly revision: number;
  readonly state: JudgedState;
}

function* pinsOfAll(
  { conditions }: WriteRequest,
  { replica, revision, state }: Judged,
  pace: TimeSlice,
): CooperativeSteps<Pick<Verdict, 'pins' | 'needsHead'>> {
  const seen = new Map<string, number>();
  const leased = new Map<string, number>();
  const subtrees: SubtreeCondition[] = [];
  for (const condition of conditions) {
    const { path } = condition;
    if ('unchangedSince' in condition) subtrees.push(condition);
    else {
      const found = state.read(path);
      seen.set(path, found?.modRevision ?? 0);
      if (found?.entry().lease !== undefined) leased.set(path, found.modRevision);
    }
    if (pace.isOver()) yield;
  }
  if (subtrees.length === 0 && seen.size <= CONDITIONS_MAX)
    return { pins: listOf(seen), needsHead: false };
  let looks = 0;
  for (const { path: subtree } of subtrees)
    yield* walk({ tree: replica.tree, subtree, revision }, pace, ({ path, lease, modRevision }) => {
      if (lease !== undefined && touches(path, subtree)) leased.set(path, modRevision);
      if (++looks > limits.changesMax) throw tooMany(`${limits.changesMax} entries`);
    });
  if (leased.size > CONDITIONS_MAX) throw tooMany(`${CONDITIONS_MAX} entries with a lease`);
  return { pins: listOf(leased), needsHead: true };
}

function listOf(seen: ReadonlyMap<string, number>): readonly Pin[] {
  return Array.from(seen, ([path, modRevision]) => ({ path, modRevision }));
}

function tooMany(what: string): ProtocolError {
  return new ProtocolError('too_large', `on etcd conditions are about at most ${what} together`);
}
