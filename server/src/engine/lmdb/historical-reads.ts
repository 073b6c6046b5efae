import type { RowBudget } from '../../row-budget.ts';
import { requireNotCompacted } from '../history-window.ts';
import { DamageError } from './damage.ts';
import { type Fetch, type Gone, LazyEntryRow, type Link, linkOf } from './row-codec.ts';
import type { ReadTables } from './tables.ts';

/** What a path was at some revision: a version of it, or the delete that it went by; or it never was. */
export type RowState = LazyEntryRow | Gone | undefined;

/** What long values are fetched by. */
export function fetchFrom({ values }: Pick<ReadTables, 'values'>): Fetch {
  return (revision, path) => values.get([revision, path]);
}

/**
 * What long values are fetched by that the commit of a revision replaces: in the transaction that makes it, and as long
 * as somebody may be told of it. What a compaction drops with that commit is `compacted`, not damaged.
 */
export function fetchReplaced(
  revision: number,
  tables: {
    /** Of the transaction: what the commits before it in there brought is nowhere else yet. */
    readonly written: Pick<ReadTables, 'values'>;
    readonly shown: Pick<ReadTables, 'values'>;
  },
  compactedRevision: () => number,
): Fetch {
  return (at, path) => {
    const value = tables.shown.values.get([at, path]);
    if (value !== undefined) return value;
    requireNotCompacted(revision - 1, { compactedRevision: compactedRevision() });
    return tables.written.values.get([at, path]);
  };
}

/**
 * Reads a path at an old revision by undoing its later changes, going back from what it is now: each
 * change says what was there before it, and where its block began, so that whole blocks are passed over.
 */
export function stateAt(
  tables: ReadTables,
  path: string,
  now: RowState,
  at: number,
  budget?: RowBudget,
): RowState {
  let state = now;
  while (state !== undefined && revisionOf(state) > at) {
    state = before(tables, path, earliestAfter(state, at));
    budget?.spend(1);
  }
  return state;
}

/** Where to go back from: where all that a block has is later, that is its first change. */
function earliestAfter(state: LazyEntryRow | Gone, at: number): number {
  return state.block > at ? state.block : revisionOf(state);
}

/** What a path was before its change at a revision, which must be in history. */
export function before(tables: ReadTables, path: string, revision: number): RowState {
  const link = linkAt(tables, path, revision);
  return link.kind === 'created' ? link.gone : link.before;
}

/** What the change of a path at a revision did. The revision must be in history. */
function linkAt(tables: ReadTables, path: string, revision: number): Link {
  const row = tables.log.get([revision, path]);
  if (row === undefined) throw new DamageError(`the history of ${path} at revision ${revision}`);
  return linkOf(path, row, fetchFrom(tables));
}

export function revisionOf(state: LazyEntryRow | Gone): number {
  return state instanceof LazyEntryRow ? state.modRevision : state.revision;
}
