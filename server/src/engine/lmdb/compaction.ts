import { ROOT } from '@confer/shared';
import { fetchFrom } from './historical-reads.ts';
import type { Place } from './keys.ts';
import { goneOf, linkOf } from './row-codec.ts';
import type { WriteTables } from './tables.ts';

/** Rows that one transaction drops: some milliseconds. */
const STEP_ROWS = 500;

/** What compaction may drop. */
export interface Droppable {
  /** History up to here. */
  readonly revision: number;
  /** Request ids up to here. */
  readonly requests: number;
}

/** How far a compaction is. What is before it is gone, and not looked at again. */
export interface Done {
  readonly log: Place;
  readonly requests: number;
}

export const NOTHING_DONE: Done = { log: [0, ROOT], requests: 0 };

/**
 * One step of a compaction: drops the next rows of the log, and what only they still name. Returns how
 * far it is then, and whether there is more. Readers look no further back than the revision
 * already, and writers wait for no more than one step.
 */
export function compactStep(
  tables: WriteTables,
  droppable: Droppable,
  done: Done,
): { readonly done: Done; readonly isMore: boolean } {
  const log = dropLog(tables, droppable, done.log);
  const requests = forgetRequests(tables, droppable, done.requests);
  return {
    done: { log: log ?? endOf(droppable.revision), requests: requests ?? droppable.requests + 1 },
    isMore: log !== undefined || requests !== undefined,
  };
}

/** Returns where to go on. */
function dropLog(tables: WriteTables, { revision }: Droppable, start: Place): Place | undefined {
  const dropped: { readonly key: Place; readonly value: string }[] = [];
  const range = { start, end: endOf(revision), limit: STEP_ROWS };
  for (const row of tables.log.rows(range)) dropped.push(row);
  for (const { key, value } of dropped) {
    dropChange(tables, key, value);
    tables.log.remove(key);
  }
  return dropped.length === STEP_ROWS ? dropped.at(-1)?.key : undefined;
}

function dropChange(tables: WriteTables, [revision, path]: Place, row: string): void {
  const link = linkOf(path, row, fetchFrom(tables));
  if (link.kind === 'created') return;
  // safeguard: value-that-lies-apart-lives-as-long-as-history
  if (link.before.apartLength > 0) tables.values.remove([link.before.modRevision, path]);
  if (link.kind !== 'deleted') return;
  const gone = tables.tombstones.get(path);
  // safeguard: deletes-are-known-beyond-compaction
  // From now on the log does not have the order in which paths went.
  if (gone !== undefined && goneOf(gone).revision === revision)
    tables.tombstoneOrder.put([revision, path], '');
}

/** Returns where to go on. */
function forgetRequests(
  { requests }: WriteTables,
  { requests: upTo }: Droppable,
  start: number,
): number | undefined {
  const old: number[] = [];
  // safeguard: requests-outlive-compaction
  for (const { key } of requests.rows({ start, end: upTo + 1, limit: STEP_ROWS })) old.push(key);
  for (const revision of old) requests.remove(revision);
  return old.length === STEP_ROWS ? old.at(-1) : undefined;
}

/** How far the forgetting of deletes is. */
export interface Pruned {
  /** How many are forgotten. */
  readonly count: number;
  readonly last: Place;
}

export const NOTHING_PRUNED: Pruned = { count: 0, last: [0, ROOT] };

/** Forgets some of the deletes whose commit is compacted, the oldest first. */
export function pruneStep(
  { tombstones, tombstoneOrder }: WriteTables,
  count: number,
  { last: start, count: before }: Pruned,
): Pruned {
  const oldest: Place[] = [];
  const limit = Math.min(count, STEP_ROWS);
  const range = { start, end: endOf(Number.MAX_SAFE_INTEGER - 1), limit };
  for (const { key } of tombstoneOrder.rows(range)) oldest.push(key);
  for (const place of oldest) {
    tombstones.remove(place[1]);
    tombstoneOrder.remove(place);
  }
  return { count: before + oldest.length, last: oldest.at(-1) ?? start };
}

function endOf(revision: number): Place {
  return [revision + 1, ROOT];
}
