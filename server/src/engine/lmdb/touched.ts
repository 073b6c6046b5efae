import { limits, ROOT } from '@confer/shared';
import { type Asked, touches } from '../conditions.ts';
import { type CooperativeSteps, type TimeSlice, visitInSteps } from '../cooperative-steps.ts';
import { requireHappened } from '../history-window.ts';
import { requireDeletesKnown, tooMuchToLookAt } from '../replica/touched.ts';
import { restOf } from '../tree-range.ts';
import { fetchFrom } from './historical-reads.ts';
import type { Place } from './keys.ts';
import { goneOf, LazyEntryRow } from './row-codec.ts';
import type { ReadTables } from './tables.ts';

const LOOKS_MAX = limits.changesMax;
const END: Place = [Number.MAX_SAFE_INTEGER, ROOT];

export interface KnownHistory {
  /** Of the newest commit in the tables. */
  readonly revision: number;
  readonly compactedRevision: number;
  readonly tombstoneFloor: number;
}

/** See `JudgedState.isTouched`. By the log, and where that does not reach back, or is too long, by what is there. */
export function* isTouched(
  tables: ReadTables,
  known: KnownHistory,
  asked: Asked,
  pace: TimeSlice,
): CooperativeSteps<boolean> {
  requireHappened(asked.after, known);
  requireDeletesKnown(asked.after, known.tombstoneFloor);
  if (asked.after >= known.compactedRevision) {
    const looked = yield* inLog(tables, asked, pace);
    if (looked !== undefined) return looked;
  }
  return yield* inStates(tables, asked, pace);
}

/** `undefined`: there is too much of it. */
function* inLog(
  { log }: ReadTables,
  { subtree, after, looks: all }: Asked,
  pace: TimeSlice,
): CooperativeSteps<boolean | undefined> {
  let start: Place = [after + 1, ROOT];
  let looks = 0;
  for (let isPaused = true; isPaused; ) {
    isPaused = false;
    for (const { key } of log.rows({ start, end: END })) {
      // After a pause the last one comes once more.
      if (touches(key[1], subtree)) return true;
      if (++looks > LOOKS_MAX) return undefined;
      all.take(1);
      start = key;
      isPaused = pace.isOver();
      if (isPaused) break;
    }
    if (isPaused) yield;
  }
  return false;
}

function* inStates(tables: ReadTables, asked: Asked, pace: TimeSlice): CooperativeSteps<boolean> {
  const { subtree, after } = asked;
  const fetch = fetchFrom(tables);
  let isFound = false;
  let looks = 0;
  const rowsOf = (name: 'entries' | 'tombstones') =>
    function* (last: string | undefined) {
      const { from, to } = restOf(subtree, last);
      if (isFound) return;
      for (const { key: path, value } of tables[name].rows({ start: from, end: to }))
        yield { path, value };
    };
  const look = (path: string, at: number) => {
    asked.looks.take(1);
    isFound ||= at > after && touches(path, subtree);
    if (++looks > LOOKS_MAX) throw tooMuchToLookAt(asked);
  };
  yield* visitInSteps(rowsOf('entries'), pace, ({ path, value }) =>
    look(path, new LazyEntryRow(path, value, fetch).modRevision),
  );
  yield* visitInSteps(rowsOf('tombstones'), pace, ({ path, value }) =>
    look(path, goneOf(value).revision),
  );
  return isFound;
}
