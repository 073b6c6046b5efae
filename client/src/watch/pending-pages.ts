import type { Commits, WireCommit } from '@confer/shared';

/**
 * The pages of a message in several frames, pending until the last of them (W4): an immutable linked list.
 * Each frame makes a new state of its watch, so this grows at its end without being copied: a large commit
 * has hundreds of frames.
 */
export interface PendingPages<Page> {
  readonly page: Page;
  readonly before: PendingPages<Page> | undefined;
}

export function pagesOf<Page>(last: PendingPages<Page> | undefined): Page[] {
  const pages: Page[] = [];
  for (let pending = last; pending !== undefined; pending = pending.before)
    pages.push(pending.page);
  return pages.reverse();
}

/** Everything that happened to a watch after `from`, up to and with `to`, as far as it has come. */
export interface Batch {
  readonly from: number;
  readonly to: number;
  readonly frames: PendingPages<readonly WireCommit[]>;
}

/** The batch with one more frame. A frame of another batch begins anew. */
export function withFrame(batch: Batch | undefined, { from, to, commits }: Commits): Batch {
  const before = batch?.from === from && batch.to === to ? batch.frames : undefined;
  return { from, to, frames: { page: commits, before } };
}

/**
 * Those of its commits that are newer than `revision`, each as a whole: one may be split between
 * frames, and then its second part repeats the revision and brings the rest of its changes.
 */
export function commitsAfter(revision: number, { frames }: Batch): WireCommit[] {
  const whole: WireCommit[] = [];
  // What came in a frame is left as it is, so a commit in parts is made anew, once.
  let joined: WireCommit | undefined;
  for (const page of pagesOf(frames))
    for (const commit of page) {
      const last = whole.at(-1);
      // safeguard: commit-counts-once
      if (commit.revision <= revision) continue;
      if (last?.revision !== commit.revision) whole.push(commit);
      else {
        if (joined !== last) {
          joined = { ...last, changes: [...last.changes] };
          whole[whole.length - 1] = joined;
        }
        for (const change of commit.changes) joined.changes.push(change);
      }
    }
  return whole;
}
