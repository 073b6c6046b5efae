import type { Commits, WireCommit } from '@confer/shared';

/** Everything that happened to a watch after `from`, up to and with `to`, as far as it has come. */
export interface Batch {
  readonly from: number;
  readonly to: number;
  readonly commits: readonly WireCommit[];
}

/**
 * The batch with one more frame. A frame of another batch begins anew. A commit may be split between
 * frames: its second part repeats the revision and brings the rest of its changes.
 */
export function withFrame(batch: Batch | undefined, frame: Commits): Batch {
  const { from, to, commits } = frame;
  if (batch?.from !== from || batch.to !== to) return { from, to, commits };
  const all = [...batch.commits];
  for (const commit of commits) {
    const last = all.at(-1);
    if (last?.revision === commit.revision)
      all.splice(-1, 1, { ...last, changes: [...last.changes, ...commit.changes] });
    else all.push(commit);
  }
  return { from, to, commits: all };
}
