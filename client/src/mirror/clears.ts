import {
  type Change,
  type Clear,
  type Commit,
  type Entry,
  ROOT,
  type WatchCommit,
} from '@confer/shared';
import { inTreeOrder } from './tree-order.ts';

/**
 * Expands a commit: with the deletes that its clears stand for, given what was held before it; `undefined`
 * where they are not as many as the server says, which means that the two disagree.
 */
export function expandClears(
  told: WatchCommit,
  held: ReadonlyMap<string, Entry>,
): Commit | undefined {
  const clears = told.changes.filter((change) => change.type === 'clear');
  const changes = told.changes.filter((change) => change.type !== 'clear');
  if (clears.length === 0) return { ...told, changes };
  const deletes = deletesOf(clears, changes, held);
  const expected = clears.reduce((sum, { entries }) => sum + entries, 0);
  // safeguard: clear-is-counted
  if (deletes.length !== expected) return undefined;
  return { ...told, changes: inTreeOrder([...changes, ...deletes]) };
}

/** One pass over what is held, however many clears there are. */
function deletesOf(
  clears: readonly Clear[],
  changes: readonly Change[],
  held: ReadonlyMap<string, Entry>,
): Change[] {
  const bySubtree = new Map(clears.map((clear) => [clear.path, clear]));
  const named = new Set(changes.map(({ path }) => path));
  const deletes: Change[] = [];
  for (const prev of held.values()) {
    const { path } = prev;
    // safeguard: clear-leaves-what-its-commit-puts
    const cause = named.has(path) ? undefined : causeOf(path, bySubtree);
    if (cause !== undefined) deletes.push({ type: 'delete', path, cause, prev });
  }
  return deletes;
}

function causeOf(path: string, clears: ReadonlyMap<string, Clear>): Clear['cause'] | undefined {
  let subtree = path;
  while (!clears.has(subtree) && subtree !== ROOT)
    subtree = subtree.slice(0, subtree.lastIndexOf('/')) || ROOT;
  return clears.get(subtree)?.cause;
}
