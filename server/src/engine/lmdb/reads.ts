import { type Entry, isHiddenIn } from '@confer/shared';
import type { EntryText, PathState, ScanQuery } from '../engine.ts';
import { mergeByPath } from '../merge-by-path.ts';
import { scanRange } from '../tree-range.ts';
import { fetchFrom, type RowState, stateAt } from './historical-reads.ts';
import { type Fetch, goneOf, LazyEntryRow } from './row-codec.ts';
import type { ReadTable, ReadTables } from './tables.ts';

/** What a path is now, or was at a revision. */
interface Placed {
  readonly path: string;
  readonly state: RowState;
}

/** What a path holds now. */
export function heldNow(
  tables: ReadTables,
  path: string,
  fetch: Fetch = fetchFrom(tables),
): LazyEntryRow | undefined {
  const row = tables.entries.get(path);
  return row === undefined ? undefined : new LazyEntryRow(path, row, fetch);
}

/** The entries of a scan, lazily. `shown`: the revision that the tables show. */
export function* heldAt(
  tables: ReadTables,
  query: ScanQuery,
  shown: number,
): Generator<LazyEntryRow, void, void> {
  const placed = query.at === shown ? entriesNow(tables, query) : statesAt(tables, query);
  for (const { path, state } of placed) {
    if (state instanceof LazyEntryRow && !isHiddenIn(path, query.subtree)) yield state;
    if (query.budget?.isSpentBy(path) === true) return;
  }
}

/** The same with what is gone. */
export function* statesOf(tables: ReadTables, query: ScanQuery): Generator<PathState, void, void> {
  for (const { path, state } of statesAt(tables, query)) {
    const known = isHiddenIn(path, query.subtree) ? undefined : stateOf(path, state);
    if (known !== undefined) yield known;
    if (query.budget?.isSpentBy(path) === true) return;
  }
}

function stateOf(path: string, state: RowState): PathState | undefined {
  if (state === undefined) return undefined;
  if (state instanceof LazyEntryRow) return { path, entry: textOf(state) };
  return { path, tombstone: { path, revision: state.revision, cause: state.cause } };
}

export function textOf(held: LazyEntryRow): EntryText {
  return { path: held.path, modRevision: held.modRevision, text: held.text };
}

export function* entriesOf(held: Iterable<LazyEntryRow>): Generator<Entry, void, void> {
  for (const one of held) yield one.entry();
}

/** What every path of a range was: those that are there now and those that are gone, as one. */
function* statesAt(tables: ReadTables, query: ScanQuery): Generator<Placed, void, void> {
  for (const { path, state } of mergeByPath(entriesNow(tables, query), goneNow(tables, query)))
    yield { path, state: stateAt(tables, path, state, query.at, query.budget) };
}

function* entriesNow(tables: ReadTables, query: ScanQuery): Generator<Placed, void, void> {
  const fetch = fetchFrom(tables);
  for (const { key: path, value } of rowsOf(tables.entries, query))
    yield { path, state: new LazyEntryRow(path, value, fetch) };
}

function* goneNow(tables: ReadTables, query: ScanQuery): Generator<Placed, void, void> {
  for (const { key: path, value } of rowsOf(tables.tombstones, query))
    yield { path, state: goneOf(value) };
}

function rowsOf(table: ReadTable<string>, query: ScanQuery) {
  const { from, to } = scanRange(query);
  return table.rows({ start: from, end: to });
}
