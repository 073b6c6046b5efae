import type { Commit } from '@confer/shared';
import type { EngineCommit } from '../engine.ts';

export interface LoggedCommit {
  readonly commit: EngineCommit;
  readonly requestId: string;
}

/** The log has no gaps, so that a revision is an index away. */
export function* commitsAfter(
  log: readonly LoggedCommit[],
  revision: number,
): Generator<EngineCommit> {
  const first = log[0]?.commit.revision ?? revision + 1;
  for (let i = revision + 1 - first; i < log.length; i++) {
    const logged = log[i];
    if (logged !== undefined) yield logged.commit;
  }
}

export function changesAfter(log: readonly LoggedCommit[], revision: number): number {
  let count = 0;
  for (const { changes } of commitsAfter(log, revision)) count += changes.length;
  return count;
}

/** What a commit and a change take beside their texts, roughly. */
const COMMIT_BYTES = 200;
const CHANGE_BYTES = 200;

/** What a commit costs beside the entries that it made: mostly those that it replaced. */
export function historySize({ changes }: Commit): number {
  let bytes = COMMIT_BYTES;
  for (const { path, prev } of changes)
    bytes += CHANGE_BYTES + path.length + (prev === undefined ? 0 : prev.value.length);
  return bytes;
}
