import type { EngineChange } from '../engine.ts';
import type { LoggedCommit } from './commit-log.ts';
import type { Tombstones } from './tombstones.ts';
import type { Versions } from './versions.ts';

/** Commits that one step of a compaction drops. */
const COMPACTION_STEP = 1_000;

interface Changed {
  readonly tree: Versions;
  readonly tombstones: Tombstones;
}

/** Adds what a commit made of a path. Nobody reads it before the revision is shown. */
export function applyChange(
  change: EngineChange,
  revision: number,
  { tree, tombstones }: Changed,
): void {
  const { path } = change;
  if (change.type === 'delete') tombstones.add({ path, revision, cause: change.cause });
  tree.add(path, revision, change.type === 'put' ? change.entry : undefined);
}

/**
 * One step of a compaction: drops the oldest commits up to a revision, with what only they could be read by.
 * Returns them; none when there is nothing more to drop.
 */
export function dropHistory(
  { tree, tombstones, log }: Changed & { readonly log: LoggedCommit[] },
  revision: number,
): LoggedCommit[] {
  let old = 0;
  while (old < COMPACTION_STEP && (log[old]?.commit.revision ?? revision + 1) <= revision) old++;
  const dropped = log.splice(0, old);
  for (const { commit } of dropped)
    for (const { path } of commit.changes)
      tombstones.forgetBefore(path, tree.dropBefore(path, revision));
  return dropped;
}
