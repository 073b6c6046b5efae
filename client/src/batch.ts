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
  if (batch === undefined || batch.from !== from || batch.to !== to) return { from, to, commits };
  const last = batch.commits.at(-1);
  const [next, ...others] = commits;
  if (last === undefined || next === undefined || last.revision !== next.revision)
    return { from, to, commits: [...batch.commits, ...commits] };
  const whole = { ...last, changes: [...last.changes, ...next.changes] };
  return { from, to, commits: [...batch.commits.slice(0, -1), whole, ...others] };
}
