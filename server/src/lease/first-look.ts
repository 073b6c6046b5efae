import { LEASES, ROOT } from '@confer/shared';
import { RowBudget } from '../row-budget.ts';
import type { Store } from '../store/store.ts';
import { type Lease, leaseOf, leaseOfPath } from './lease.ts';
import type { LeaseTable } from './lease-table.ts';

/** So many rows, or characters of them, are read in a turn: some milliseconds. */
const ROWS_MAX = 500;
const LENGTH_MAX = 256 * 1024;

/** Whether a store has any lease at all: where it has none, nothing goes with one. */
export function hasLeases(store: Store): boolean {
  return store.list({ path: LEASES, limit: 1, depth: 1 }).entries.length > 0;
}

/** The lease whose entry is there now. */
export function leaseIn(store: Store, id: string, path: string): Lease | undefined {
  const value = store.get(path)?.value;
  return value === undefined ? undefined : leaseOf(id, value);
}

/**
 * Finds the leases of a store, and then what goes with each, a piece at a turn.
 *
 * It reads what is there now, and not at a revision of its own: what changes meanwhile where it has been comes out of
 * the feed, and where it has not, it finds it. Nothing comes out of the feed within a turn.
 */
export function* look(store: Store, table: LeaseTable): Generator<void, void, void> {
  yield* inPieces(store, LEASES, (path) => {
    const id = leaseOfPath(path);
    const lease = id === undefined ? undefined : leaseIn(store, id, path);
    if (lease !== undefined) table.begin(lease);
  });
  yield* inPieces(store, ROOT, (path, text) => {
    // Most have none, and are not read any further. One may only look like it.
    const lease = text.includes('"lease":"') ? store.get(path)?.lease : undefined;
    if (lease !== undefined) table.attach(path, lease);
  });
}

function* inPieces(
  store: Store,
  subtree: string,
  visit: (path: string, text: string) => void,
): Generator<void, void, void> {
  let after: string | undefined;
  for (;;) {
    after = readPiece(store, subtree, after, visit);
    if (after === undefined) return;
    yield;
  }
}

/** Returns where the next one begins. */
function readPiece(
  store: Store,
  subtree: string,
  after: string | undefined,
  visit: (path: string, text: string) => void,
): string | undefined {
  const budget = new RowBudget(ROWS_MAX);
  let length = 0;
  for (const { path, text } of store.scanTexts(subtree, store.revision, after, budget)) {
    visit(path, text);
    length += text.length;
    if (length > LENGTH_MAX) return path;
  }
  return budget.stoppedAfter;
}
