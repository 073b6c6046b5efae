import { isHiddenIn, isShownIn, ROOT } from '@confer/shared';
import type {
  ChangeOutline,
  CommitHead,
  CommitOutline,
  OutlinesQuery,
  Version,
  VersionsQuery,
} from '../past.ts';
import { restOf } from '../tree-range.ts';
import { DamageError } from './damage.ts';
import { before, type RowState, revisionOf } from './historical-reads.ts';
import { headAt, stateOf } from './history.ts';
import type { Place } from './keys.ts';
import { beginsCommit, LazyEntryRow, type LogRow, outlineOf } from './row-codec.ts';
import type { ReadTables } from './tables.ts';

/** A commit of more changes is not read as a whole to find those of a subtree, but from where that begins. */
const SMALL_CHANGES_MAX = 200;

/** What a path was at a revision and before: `log` has for each change what was there before it. */
export function* versionsOf(
  tables: ReadTables,
  { path, at, budget }: VersionsQuery,
  compactedRevision: number,
): Generator<Version, void, void> {
  let state: RowState = stateOf(tables, path, at, budget);
  while (state !== undefined) {
    const revision = revisionOf(state);
    budget?.spend(1);
    yield state instanceof LazyEntryRow
      ? { revision, entry: state.entry() }
      : { revision, cause: state.cause };
    if (revision <= compactedRevision) return;
    state = before(tables, path, revision);
  }
}

/** Of a commit in history. */
export function headOf(tables: ReadTables, revision: number): CommitHead | undefined {
  const head = headAt(tables, revision);
  if (head === undefined) return undefined;
  const { time, actor, note } = head;
  return { revision, time, actor, ...(note === undefined ? {} : { note }) };
}

/**
 * The commits up to a revision, from the newest on. Nearly all are small: these are read through backwards, whatever
 * they are of, as that costs less than to look for the subtree in each.
 */
export function* outlinesOf(
  tables: ReadTables,
  query: OutlinesQuery,
  compactedRevision: number,
): Generator<CommitOutline, void, void> {
  const { subtree, after } = query;
  let revision = query.at;
  if (after !== undefined) yield largeOutline(tables, subtree, revision--, after);
  while (revision > compactedRevision) {
    let rows: [path: string, row: LogRow][] = [];
    const start: Place = [revision + 1, ROOT];
    const end: Place = [compactedRevision + 1, ROOT];
    for (const { key, value } of tables.log.rows({ start, end, reverse: true })) {
      revision = key[0];
      rows.push([key[1], value]);
      if (beginsCommit(value)) {
        yield smallOutline(tables, subtree, revision, rows.reverse());
        rows = [];
        revision--;
      } else if (rows.length > SMALL_CHANGES_MAX) break;
    }
    if (rows.length === 0) return;
    yield largeOutline(tables, subtree, revision--);
  }
}

function smallOutline(
  tables: ReadTables,
  subtree: string,
  revision: number,
  rows: readonly (readonly [path: string, row: LogRow])[],
): CommitOutline {
  return {
    revision,
    looked: rows.length,
    head: () => headIn(tables, revision),
    changes: () =>
      rows.flatMap(([path, row]) => (isShownIn(path, subtree) ? [outlineOf(path, row)] : [])),
  };
}

function largeOutline(
  tables: ReadTables,
  subtree: string,
  revision: number,
  after?: string,
): CommitOutline {
  return {
    revision,
    looked: SMALL_CHANGES_MAX,
    head: () => headIn(tables, revision),
    *changes(): Generator<ChangeOutline> {
      const { from, to } = restOf(subtree, after);
      const rows = tables.log.rows({ start: [revision, from], end: [revision, to] });
      for (const { key, value } of rows)
        if (!isHiddenIn(key[1], subtree)) yield outlineOf(key[1], value);
    },
  };
}

function headIn(tables: ReadTables, revision: number): CommitHead {
  const head = headOf(tables, revision);
  if (head === undefined) throw new DamageError(`the history at revision ${revision}`);
  return head;
}
