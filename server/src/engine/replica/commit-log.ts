import type { EngineCommit } from '../engine.ts';

export interface LoggedCommit {
  readonly commit: EngineCommit;
  readonly requestId: string;
  /** Of the newest commit up to it: those of several writers, each with a clock of his own, run backwards. */
  readonly time: number;
}

/** The commit of a revision, if there is one. */
export function commitAt(log: readonly LoggedCommit[], revision: number): LoggedCommit | undefined {
  const logged = log[indexAfter(log, revision - 1)];
  return logged?.commit.revision === revision ? logged : undefined;
}

/** When the first commit after a revision was made; `undefined` where there is none. */
export function timeAfter(log: readonly LoggedCommit[], revision: number): number | undefined {
  return log[indexAfter(log, revision)]?.time;
}

/** The commits after a revision. Revisions rise, and need not follow each other without a gap. */
export function* commitsAfter(
  log: readonly LoggedCommit[],
  revision: number,
): Generator<EngineCommit> {
  for (let i = indexAfter(log, revision); i < log.length; i++) {
    const logged = log[i];
    if (logged !== undefined) yield logged.commit;
  }
}

/** The commits up to a revision, the newest first. */
export function* commitsBefore(
  log: readonly LoggedCommit[],
  revision: number,
): Generator<EngineCommit> {
  for (let i = indexAfter(log, revision) - 1; i >= 0; i--) {
    const logged = log[i];
    if (logged !== undefined) yield logged.commit;
  }
}

function indexAfter(log: readonly LoggedCommit[], revision: number): number {
  let low = 0;
  let high = log.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((log[middle]?.commit.revision ?? 0) <= revision) low = middle + 1;
    else high = middle;
  }
  return low;
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
export function historySize({ changes }: EngineCommit): number {
  let bytes = COMMIT_BYTES;
  for (const { path, before } of changes)
    bytes += CHANGE_BYTES + path.length + (before === undefined ? 0 : before.valueLength);
  return bytes;
}
