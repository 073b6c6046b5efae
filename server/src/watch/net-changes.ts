import { type Change, type Commit, comparePaths, isShownIn, type NetChange } from '@confer/shared';

interface Net {
  /** Whether the path held an entry before the first of the commits. */
  readonly existed: boolean;
  last: Change;
}

/**
 * What a run of commits comes to in a subtree: for each path its last change, in the order of the tree. A path
 * that came and went within the run is left out.
 */
export function netChanges(commits: Iterable<Commit>, subtree: string): NetChange[] {
  const nets = new Map<string, Net>();
  for (const commit of commits)
    for (const change of commit.changes) {
      if (!isShownIn(change.path, subtree)) continue;
      const net = nets.get(change.path);
      if (net === undefined)
        nets.set(change.path, { existed: existedBefore(change), last: change });
      else net.last = change;
    }
  return [...nets.values()]
    .filter((net) => net.existed || net.last.type === 'put')
    .map((net) => toNetChange(net.last))
    .sort((a, b) => comparePaths(pathOf(a), pathOf(b)));
}

// safeguard: net-difference-has-deletes
function existedBefore(change: Change): boolean {
  return change.type === 'delete' || change.entry.version > 1;
}

function toNetChange(change: Change): NetChange {
  return change.type === 'put'
    ? { type: 'put', entry: change.entry }
    : { type: 'delete', path: change.path, cause: change.cause };
}

function pathOf(change: NetChange): string {
  return change.type === 'put' ? change.entry.path : change.path;
}
