import { ROOT } from '@confer/shared';
import type { Place } from './keys.ts';
import { fetchFrom } from './past.ts';
import { type CommitHead, goneOf, headOf, linkOf, type RequestRow } from './stored.ts';
import type { TableRange, WriteTables } from './tables.ts';

/** Rows that one transaction drops: some milliseconds. */
const STEP_ROWS = 500;

/** What compaction may drop. */
export interface Droppable {
  /** History up to here. */
  readonly revision: number;
  /** Request ids up to here. */
  readonly requests: number;
}

/**
 * One step of a compaction: drops the first rows of the log, and what only they still name. Returns
 * whether there is more. Readers look no further back than the revision already, and writers wait for
 * no more than one step.
 */
export function compactStep(tables: WriteTables, droppable: Droppable): boolean {
  const hasMore = dropLog(tables, droppable);
  return forgetRequests(tables, droppable) || hasMore;
}

function dropLog(tables: WriteTables, { revision, requests }: Droppable): boolean {
  const dropped: { readonly key: Place; readonly value: string }[] = [];
  const range = rowsUpTo(revision, STEP_ROWS);
  for (const row of tables.log.rows(range)) dropped.push(row);
  for (const { key, value } of dropped) {
    const head = headOf(value);
    if (head !== undefined && key[0] > requests) keepRequest(tables, key[0], head);
    dropChange(tables, key, value);
    tables.log.remove(key);
  }
  return dropped.length === STEP_ROWS;
}

/** The request outlives its commit, from the very transaction on that drops it. */
function keepRequest(
  { requests }: WriteTables,
  revision: number,
  { requestId: id, puts, deletes }: CommitHead,
): void {
  const row: RequestRow = { id, puts, deletes };
  requests.put(revision, JSON.stringify(row));
}

function dropChange(tables: WriteTables, [revision, path]: Place, row: string): void {
  const link = linkOf(path, row, fetchFrom(tables));
  if (link.kind === 'created') return;
  if (link.before.apartLength > 0) tables.values.remove([link.before.modRevision, path]);
  if (link.kind !== 'deleted') return;
  const gone = tables.deletions.get(path);
  // From now on the log does not have the order in which paths went.
  if (gone !== undefined && goneOf(gone).revision === revision)
    tables.deletionOrder.put([revision, path], '');
}

function forgetRequests({ requests }: WriteTables, { requests: upTo }: Droppable): boolean {
  const old: number[] = [];
  for (const { key } of requests.rows({ start: 0, end: upTo + 1, limit: STEP_ROWS })) old.push(key);
  for (const revision of old) requests.remove(revision);
  return old.length === STEP_ROWS;
}

/**
 * Forgets some of the deletes whose commit is compacted, the oldest first. Returns how many, and the
 * revision up to which some are forgotten.
 */
export function trimStep(
  { deletions, deletionOrder }: WriteTables,
  count: number,
): { readonly length: number; readonly floor: number } {
  const oldest: Place[] = [];
  const limit = Math.min(count, STEP_ROWS);
  const range = rowsUpTo(Number.MAX_SAFE_INTEGER - 1, limit);
  for (const { key } of deletionOrder.rows(range)) oldest.push(key);
  for (const place of oldest) {
    deletions.remove(place[1]);
    deletionOrder.remove(place);
  }
  return { length: oldest.length, floor: oldest.at(-1)?.[0] ?? 0 };
}

function rowsUpTo(revision: number, limit: number): TableRange<Place> {
  return { start: [0, ROOT], end: [revision + 1, ROOT], limit };
}
