import { leasePath, ROOT } from '@confer/shared';
import { type CooperativeSteps, TimeSlice } from '../../cooperative-steps.ts';
import type { EngineChange } from '../../engine.ts';
import type { Replica } from '../../replica/replica.ts';
import { walk } from '../../replica/walk.ts';
import { endOf } from '../leases/lease-end.ts';
import type { AssemblyContext } from './assemble.ts';
import type { ClusterSnapshot } from './snapshot.ts';

/**
 * Makes the state that of a snapshot: what led there is not known. `false`, and nothing is done: something is missing
 * from before what is shown. Whoever has come as far would never hear of it, as a difference is what is newer.
 */
export function* jumpTo(
  snapshot: ClusterSnapshot,
  state: AssemblyContext,
): CooperativeSteps<boolean> {
  const changes = yield* differenceTo(snapshot, state.replica);
  const { revision } = state.replica;
  for (const change of changes)
    if (change.type === 'put' && change.entry.modRevision <= revision) return false;
  yield* state.replica.jump(changes, snapshot.revision);
  state.sidecars = snapshot.sidecars;
  return true;
}

/** What leads from the state of a replica to what a snapshot holds. */
function* differenceTo(
  { entries }: ClusterSnapshot,
  { tree, revision }: Replica,
): CooperativeSteps<readonly EngineChange[]> {
  const pace = new TimeSlice();
  const changes: EngineChange[] = [];
  const there = new Set<string>();
  for (const entry of entries) {
    const { path } = entry;
    there.add(path);
    const replaced = tree.at(path, revision)?.modRevision ?? 0;
    if (replaced !== entry.modRevision) changes.push({ type: 'put', path, entry, replaced });
    if (pace.isOver()) yield;
  }
  yield* walk({ tree, subtree: ROOT, revision }, pace, ({ path, modRevision, lease }) => {
    // safeguard: reload-takes-away-what-is-gone
    if (there.has(path)) return;
    const at = lease === undefined ? undefined : leasePath(lease);
    const isOfLease = at !== undefined && !there.has(at);
    const { cause = 'removed' } = isOfLease ? endOf(tree.at(at, revision)) : {};
    changes.push({ type: 'delete', path, cause, replaced: modRevision });
  });
  return changes;
}
