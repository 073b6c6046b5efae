import {
  type Condition,
  type Entry,
  type Operation,
  pathProblem,
  relativeTo,
} from '@confer/shared';

/** What is copied or moved, as it was read. */
export interface Move {
  readonly from: string;
  readonly to: string;
  /** What goes, at and below `from`. */
  readonly sources: readonly Entry[];
  /** What is there already, at and below `to`. */
  readonly existing: readonly Entry[];
  /** The sources go away. */
  readonly isMove: boolean;
}

export interface MovePlan {
  /** All hold only against what was read: no write of somebody else in between is lost or written over. */
  readonly conditions: readonly Condition[];
  readonly operations: readonly Operation[];
  /** What the targets hold already. */
  readonly overwritten: readonly string[];
  /** Targets that no path can be, with why. */
  readonly problems: readonly string[];
}

/**
 * One commit: all sources go first, and then the targets are put. So a subtree may move up or down over itself, and a
 * target that is a source, too, is not overwritten, as it has moved away.
 */
export function planMove({ from, to, sources, existing, isMove }: Move): MovePlan {
  const moved = new Map(isMove ? sources.map((entry) => [entry.path, entry.modRevision]) : []);
  const held = new Map(existing.map((entry) => [entry.path, entry.modRevision]));
  const conditions: Condition[] = [...moved].map(([path, modRevision]) => ({ path, modRevision }));
  const operations: Operation[] = [...moved.keys()].map((path) => ({ type: 'delete', path }));
  const overwritten: string[] = [];
  const problems: string[] = [];
  for (const { path: source, value, lease } of sources) {
    const path = targetOf(source, from, to);
    const problem = pathProblem(path);
    if (problem !== undefined) problems.push(`${path}: ${problem}`);
    // What goes with a lease does so where it is now, too; a copy stays.
    const goesWith = isMove && lease !== undefined ? { lease } : {};
    operations.push({ type: 'put', path, value, ...goesWith });
    if (moved.has(path)) continue;
    const modRevision = held.get(path) ?? 0;
    if (modRevision > 0) overwritten.push(path);
    conditions.push({ path, modRevision });
  }
  return { conditions, operations, overwritten, problems };
}

function targetOf(source: string, from: string, to: string): string {
  const below = relativeTo(source, from);
  if (below === '') return to;
  return to === '/' ? `/${below}` : `${to}/${below}`;
}
