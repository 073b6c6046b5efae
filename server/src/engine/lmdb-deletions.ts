import { assert, compareCodePoints, orderKey } from '@confer/shared';
import type { Deletion, DeletionsQuery } from './engine.ts';
import { type DeletionsRow, type Tables, type VersionKey, versionsUpTo } from './lmdb-layout.ts';
import { subtreeRange } from './tree-range.ts';

/** A path with more rows than this is looked up instead of walked through. */
const RUN_ROWS_MAX = 16;

/** After every row of a path. */
const LAST = Number.MAX_SAFE_INTEGER;

export function deletionsRowOf({ meta }: Tables): DeletionsRow {
  const row = meta.get('deletions');
  assert(typeof row === 'object' && row.length === 2, 'meta says what is known of deletes');
  return row;
}

/** Belongs into the transaction of the commit that deleted. */
export function rememberDeletions(tables: Tables, deletions: readonly Deletion[]): void {
  if (deletions.length === 0) return;
  for (const { path, revision, cause } of deletions) {
    tables.deletions.put([path, revision], cause);
    tables.deletionOrder.put([revision, path], true);
  }
  count(tables, deletions.length);
}

/** Forgets those of the keys that are known deletes. */
export function forgetDeletions(tables: Tables, keys: readonly VersionKey[]): void {
  const known = keys.filter((key) => tables.deletions.get(key) !== undefined);
  for (const [path, revision] of known) {
    tables.deletions.remove([path, revision]);
    tables.deletionOrder.remove([revision, path]);
  }
  if (known.length > 0) count(tables, -known.length);
}

function count(tables: Tables, difference: number): void {
  const [floor, known] = deletionsRowOf(tables);
  tables.meta.put('deletions', [floor, known + difference]);
}

/** The newest known delete of a path before a revision. */
export function deletionBefore({ deletions }: Tables, [path, revision]: VersionKey): VersionKey[] {
  return [...deletions.keys({ ...versionsUpTo(path, revision - 1), limit: 1 })];
}

/** The newest delete of each path up to a revision. */
export function* deletionsAt(
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
