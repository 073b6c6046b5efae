import { limits, ProtocolError } from '@confer/shared';
import { type Asked, touches } from '../conditions.ts';
import { type CooperativeSteps, type TimeSlice, visitInSteps } from '../cooperative-steps.ts';
import { requireHappened } from '../history-window.ts';
import { restOf } from '../tree-range.ts';
import { commitsAfter } from './commit-log.ts';
import type { ReplicaState } from './replica-reads.ts';

/** As many changes are looked through as a commit may make. */
const LOOKS_MAX = limits.changesMax;

/** To look at a path takes as long as so many characters of a row. */
const LOOK_CHARACTERS = 64;

/** See `JudgedState.isTouched`. By the history, and where that does not reach back, or is too long, by what is there. */
export function* isTouched(
  state: ReplicaState,
  asked: Asked,
  pace: TimeSlice,
): CooperativeSteps<boolean> {
  requireHappened(asked.after, state);
  requireDeletesKnown(asked.after, state.tombstones.floor);
  const looked = yield* inLog(state, asked, pace);
  return looked ?? (yield* inStates(state, asked, pace));
}

/** Refuses a revision after which deletes are forgotten. */
export function requireDeletesKnown(after: number, floor: number): void {
  if (after < floor)
    throw new ProtocolError(
      'compacted',
      `what was deleted after revision ${after} is not known any more; read again, and name a revision from ${floor} on`,
      { compactedRevision: floor },
    );
}

/** What would take too long to be found out. */
export function tooMuchToLookAt({ subtree, after }: Omit<Asked, 'looks'>): ProtocolError {
  return new ProtocolError(
    'too_large',
    `whether ${subtree} changed after revision ${after} takes more than ${LOOKS_MAX} looks; read again, and name a newer revision`,
    { path: subtree },
  );
}

/** Commits go from the log between two pauses, so it is entered anew after each. `undefined`: nobody can say. */
function* inLog(
  state: ReplicaState,
  { subtree, after, looks: all }: Asked,
  pace: TimeSlice,
): CooperativeSteps<boolean | undefined> {
  let from = after;
  let looks = 0;
  for (let isPaused = true; isPaused; ) {
    if (from < state.compactedRevision) return undefined;
    isPaused = false;
    for (const { revision, changes } of commitsAfter(state.log, from)) {
      if (changes.some(({ path }) => touches(path, subtree))) return true;
      looks += changes.length;
      all.take(changes.length);
      if (looks > LOOKS_MAX) return undefined;
      from = revision;
      isPaused = pace.isOver(changes.length * LOOK_CHARACTERS);
      if (isPaused) break;
    }
    if (isPaused) yield;
  }
  return false;
}

function* inStates(
  { tree, tombstones, revision }: ReplicaState,
  asked: Asked,
  pace: TimeSlice,
): CooperativeSteps<boolean> {
  const { subtree, after } = asked;
  let isFound = false;
  let looks = 0;
  const look = (path: string, at: number) => {
    asked.looks.take(1);
    isFound ||= at > after && touches(path, subtree);
    if (++looks > LOOKS_MAX) throw tooMuchToLookAt(asked);
  };
  yield* visitInSteps(
    (from) => (isFound ? [] : tree.states(restOf(subtree, from), revision)),
    pace,
    ({ path, entry }) => look(path, entry?.modRevision ?? 0),
  );
  yield* visitInSteps(
    (from) => (isFound ? [] : tombstones.read(restOf(subtree, from), revision)),
    pace,
    (gone) => look(gone.path, gone.revision),
  );
  return isFound;
}
