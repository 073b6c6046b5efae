import { compareCodePoints, orderKey } from '@confer/shared';
import type { Deletion, DeletionsQuery } from '../engine.ts';
import { scanRange, subtreeRange } from '../tree-range.ts';
import { type Tables, type VersionKey, versionsUpTo } from './layout.ts';
import { laidOver } from './reads.ts';
import type { Unsettled } from './unsettled.ts';

/** A path with more rows than this is looked up instead of walked through. */
const RUN_ROWS_MAX = 16;

/** After every row of a path. */
const LAST = Number.MAX_SAFE_INTEGER;

export function deletionsFloorOf({ meta }: Tables): number {
  const floor = meta.get('deletionsFloor');
  return typeof floor === 'number' ? floor : 0;
}

/** Belongs into a transaction. */
export function forgetDeletions(tables: Tables, keys: readonly VersionKey[]): void {
  for (const [path, revision] of keys) {
    tables.deletions.remove([path, revision]);
    tables.deletionOrder.remove([revision, path]);
  }
}

/** The known deletes of a path before a revision. */
export function deletionsBefore({ deletions }: Tables, path: string, revision: number) {
  return [...deletions.keys(versionsUpTo(path, revision - 1))];
}

/** The newest delete of each path up to a revision, those that the table does not have yet included. */
export function* deletionsAt(
  tables: Tables,
  unsettled: Unsettled,
  query: DeletionsQuery,
): Generator<Deletion> {
  const young = placed(unsettled.deletions.read(scanRange(query), query.at));
  for (const { value } of laidOver(young, placed(inTable(tables, query)))) yield value;
}

function* placed(
  deletions: Iterable<Deletion>,
): Generator<{ readonly key: string; readonly value: Deletion }> {
  for (const value of deletions) yield { key: value.path, value };
}

function* inTable(
  tables: Tables,
  { subtree, at, start: cursor }: DeletionsQuery,
): Generator<Deletion> {
  const { from, to } = subtreeRange(subtree);
  let start: VersionKey | undefined =
    cursor === undefined || compareCodePoints(orderKey(cursor.after), from) < 0
      ? [from, 0]
      : [cursor.after, LAST];
  while (start !== undefined) start = yield* walk(tables, start, [to, 0], at);
}

/** Ends behind a path with many rows, or at the end. */
function* walk(
  { deletions }: Tables,
  start: VersionKey,
  end: VersionKey,
  at: number,
): Generator<Deletion, VersionKey | undefined> {
  let newest: Deletion | undefined;
  let path: string | undefined;
  let rows = 0;
  for (const { key, value: cause } of deletions.rows({ start, end })) {
    if (key[0] !== path) {
      if (newest !== undefined) yield newest;
      newest = undefined;
      rows = 0;
    }
    const revision = key[1];
    path = key[0];
    if (revision <= at) newest = { path, revision, cause };
    if (++rows <= RUN_ROWS_MAX) continue;
    for (const last of deletions.rows({ ...versionsUpTo(path, at), limit: 1 }))
      yield { path, revision: last.key[1], cause: last.value };
    return [path, LAST];
  }
  if (newest !== undefined) yield newest;
  return undefined;
}
