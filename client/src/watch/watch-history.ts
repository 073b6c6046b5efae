import type { Clock, WireCommit } from '@confer/shared';
import type { ResyncReason, WatchHistory } from '../diagnostics.ts';

/** The counters of a watch, for diagnostics. */
export function newHistory(): WatchHistory {
  return {
    commits: 0,
    changes: 0,
    resyncs: { compacted: 0, epoch: 0, gap: 0, digest: 0, misfit: 0 },
    lastResync: undefined,
  };
}

export function noteCommits(history: WatchHistory, commits: readonly WireCommit[]): void {
  history.commits += commits.length;
  for (const { changes } of commits) history.changes += changes.length;
}

export function noteResync(history: WatchHistory, clock: Clock, reason: ResyncReason): void {
  history.resyncs[reason]++;
  history.lastResync = { at: clock.now(), reason };
}
