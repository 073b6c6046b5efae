import type { EngineCommit, Timeline } from '../engine.ts';
import type { RecordedWrite } from '../idempotency.ts';
import type { LoggedCommit } from '../replica/commit-log.ts';
import type { ReplicaState } from '../replica/replica-reads.ts';
import { Tombstones } from '../replica/tombstones.ts';
import { Versions } from '../replica/versions.ts';

/**
 * What a memory engine retains. Opening another engine on the disk of the first is the crash of the
 * first: what it acknowledged is there, what it had accepted and not yet judged is lost, and the
 * first engine can write no more.
 */
export class MemoryDisk implements ReplicaState {
  epoch: string | undefined;
  timelines: readonly Timeline[] = [];
  revision = 0;
  compactedRevision = 0;
  entryCount = 0;
  historyBytes = 0;
  /** The engine that may write. */
  owner: object | undefined;
  tree = new Versions();
  /** In the order of revisions. */
  readonly log: LoggedCommit[] = [];
  /** What is being written: of a later revision than is shown, and undone when it was broken off. */
  applying: EngineCommit | undefined;
  readonly tombstones = new Tombstones();
  readonly outcomes = new Map<string, RecordedWrite>();
  /** Commits that are gone while their request ids are too young to be forgotten; oldest first. */
  readonly retired: { readonly requestId: string; readonly time: number }[] = [];
}

/** Takes back what an engine wrote that was broken off. */
export function undoUnfinished(disk: MemoryDisk): void {
  const { applying, revision, tree, tombstones } = disk;
  disk.applying = undefined;
  for (const { path } of applying?.changes ?? []) tree.undoAfter(path, revision);
  tombstones.forgetAfter(revision);
}
