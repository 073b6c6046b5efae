import { type Change, compareCodePoints, comparePaths, type Entry, orderKey } from '@confer/shared';
import type { MadeCommit } from '../engine.ts';
import { entryOfText } from '../entry-text.ts';
import type { Base } from '../evaluate.ts';
import { type KeyRange, restOf } from '../tree-range.ts';
import type { LogKey, RequestRow, TableRange, Tables } from './layout.ts';
import { commitsOf, headOf } from './log.ts';
import type { Unsettled } from './unsettled.ts';

/** What a path holds, as it is or as its JSON text; nothing, where the path is here to say so. */
export type Held = Entry | string | undefined;

/** In the shape of a table's row, so that most of a scan are the rows themselves. */
export interface HeldAt {
  readonly key: string;
  readonly value: Held;
}

/** The newest that was judged, durable or not. */
const NEWEST = Number.POSITIVE_INFINITY;

export function entryOfHeld(held: Held): Entry | undefined {
  return typeof held === 'string' ? entryOfText(held) : held;
}

export function readEntry(
  { entries }: Tables,
  unsettled: Unsettled,
  path: string,
  revision: number,
): Entry | undefined {
  const version = unsettled.at(path, revision);
  return version === undefined ? entryOfHeld(entries.get(path)) : version.entry;
}

/** The state that the next commit is judged against. */
export function newestState(tables: Tables, unsettled: Unsettled): Base {
  return {
    read: (path) => readEntry(tables, unsettled, path, NEWEST),
    *scanSubtree(subtree, after) {
      for (const { value } of scanNow(tables, unsettled, restOf(subtree, after), NEWEST)) {
        const entry = entryOfHeld(value);
        if (entry !== undefined) yield entry;
      }
    },
  };
}

/**
 * What the paths of a range hold at the revision that the engine shows, or at the newest.
 *
 * The walk has to be over one snapshot of LMDB. lmdb-js takes a new one when a turn ends or when a
 * transaction is reported, both outside of the run of synchronous code that a scan is.
 */
export function scanNow(
  { entries }: Tables,
  unsettled: Unsettled,
  range: KeyRange,
  revision: number,
): Iterable<HeldAt> {
  const settled = entries.rows({ start: range.from, end: range.to });
  // Mostly nothing lies over a range, and a generator around its rows takes a third of their time.
  if (heldIn(unsettled, range, revision).next().done === true) return settled;
  return laidOver(heldIn(unsettled, range, revision), settled);
}

function* heldIn(unsettled: Unsettled, range: KeyRange, revision: number): Generator<HeldAt> {
  for (const [key, { entry }] of unsettled.range(range, revision)) yield { key, value: entry };
}

/** Two runs in the order of the tree as one; where both have a path, the upper one is right. */
export function* laidOver<Item extends { readonly key: string }>(
  upper: Generator<Item>,
  lower: Iterable<Item>,
): Generator<Item> {
  try {
    let over = upper.next();
    for (const below of lower) {
      let order = -1;
      while (over.done !== true) {
        order = comparePaths(over.value.key, below.key);
        if (order > 0) break;
        yield over.value;
        over = upper.next();
        if (order === 0) break;
        order = -1;
      }
      if (order !== 0) yield below;
    }
    for (; over.done !== true; over = upper.next()) yield over.value;
  } finally {
    upper.return(undefined);
  }
}

/** Whether a path lies in a range, by its `orderKey`. */
export function isInRange(path: string, { from, to }: KeyRange): boolean {
  const key = orderKey(path);
  return compareCodePoints(key, from) >= 0 && compareCodePoints(key, to) < 0;
}

/** The commits after one revision and up to another. */
export function* commitsBetween(
  { log }: Tables,
  after: number,
  upTo: number,
): Generator<MadeCommit> {
  let begun: MadeCommit | undefined;
  let changes: Change[] = [];
  for (const { value } of log.rows({ start: [after + 1, 0], end: [upTo + 1, 0] }))
    for (const commit of commitsOf(value)) {
      if (commit.revision <= after) continue;
      if (begun?.revision !== commit.revision) {
        if (begun !== undefined) yield { ...begun, changes };
        begun = commit;
        changes = [];
      }
      for (const change of commit.changes) changes.push(change);
    }
  if (begun !== undefined) yield { ...begun, changes };
}

/** The request that made the commit of a revision, where that is still known. */
export function requestAt({ log, retired }: Tables, revision: number): RequestRow | undefined {
  const range: TableRange<LogKey> = {
    start: [revision, 0],
    end: [Number.MAX_SAFE_INTEGER, 0],
    limit: 1,
  };
  for (const { value } of log.rows(range)) {
    const [first, , requests] = headOf(value);
    if (first <= revision) return requests[revision - first];
  }
  const row = retired.get(revision);
  return row === undefined ? undefined : JSON.parse(row);
}

/** As many rows of the log are looked at: what is beyond is many commits, and those are read one by one. */
const COUNTED_ROWS_MAX = 5_000;

/** Only the heads of the rows are read. */
export function changesAfter({ log }: Tables, after: number, upTo: number, max: number): number {
  let changes = 0;
  const range: TableRange<LogKey> = {
    start: [after + 1, 0],
    end: [upTo + 1, 0],
    limit: COUNTED_ROWS_MAX,
  };
  for (const { value } of log.rows(range)) {
    const [first, , requests] = headOf(value);
    for (const [i, [, , puts, deletes]] of requests.entries())
      if (first + i > after) changes += puts + deletes;
    if (changes > max) break;
  }
  return changes;
}

export function timeAfter({ log }: Tables, after: number, upTo: number): number | undefined {
  for (const { value } of log.rows({ start: [after + 1, 0], end: [upTo + 1, 0], limit: 1 })) {
    const [first, , requests] = headOf(value);
    return requests[after + 1 - first]?.[1];
  }
  return undefined;
}
