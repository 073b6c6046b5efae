import type { Entry } from '@confer/shared';
import { type CooperativeSteps, TimeSlice } from '../cooperative-steps.ts';
import type { EngineChange, EngineCommit } from '../engine.ts';
import { TOMBSTONES_MAX } from '../tombstones-limit.ts';
import { applyChange, dropHistory } from './changes.ts';
import { historySize, type LoggedCommit } from './commit-log.ts';
import type { ReplicaState } from './replica-reads.ts';
import { Tombstones } from './tombstones.ts';
import { Versions } from './versions.ts';

/**
 * Versioned state in memory that follows what is decided elsewhere: it begins with the entries at a revision,
 * and takes commit after commit. What it is taking is not shown before it is whole.
 */
export class Replica implements ReplicaState {
  revision: number;
  compactedRevision: number;
  entryCount = 0;
  historyBytes = 0;
  readonly tree = new Versions();
  readonly tombstones = new Tombstones();
  readonly log: LoggedCommit[] = [];
  readonly #tombstonesMax: number;

  /** History begins after `revision`, and so do the deletes that are known. */
  constructor(revision: number, tombstonesMax = TOMBSTONES_MAX) {
    this.revision = revision;
    this.compactedRevision = revision;
    this.tombstones.floor = revision;
    this.#tombstonesMax = tombstonesMax;
  }

  /** Takes what was there when it began. */
  *load(entries: readonly Entry[]): CooperativeSteps<void> {
    const pace = new TimeSlice();
    for (const entry of entries) {
      this.tree.add(entry.path, entry.modRevision, entry);
      if (pace.isOver()) yield;
    }
    this.entryCount = entries.length;
  }

  /** Takes a commit, which is shown once the work is done. */
  *append(commit: EngineCommit, requestId: string): CooperativeSteps<void> {
    yield* this.#apply(commit.changes, commit.revision);
    const time = Math.max(this.log.at(-1)?.time ?? 0, commit.time);
    this.log.push({ commit, requestId, time });
    this.historyBytes += historySize(commit);
    this.revision = commit.revision;
  }

  /** Nothing happened up to a revision. */
  advance(revision: number): void {
    this.revision = revision;
  }

  /** Takes changes of which it is not known by which commits they came: history begins after them. */
  *jump(changes: readonly EngineChange[], revision: number): CooperativeSteps<void> {
    yield* this.#apply(changes, revision);
    this.revision = revision;
    this.compactedRevision = revision;
    while (this.dropHistory()) yield;
  }

  /** One step of a compaction up to `compactedRevision`; whether there is more to do. */
  dropHistory(): boolean {
    const dropped = dropHistory(this, this.compactedRevision);
    for (const { commit } of dropped) this.historyBytes -= historySize(commit);
    if (dropped.length > 0) return true;
    this.tombstones.trim(this.#tombstonesMax, this.compactedRevision);
    return false;
  }

  *#apply(changes: readonly EngineChange[], revision: number): CooperativeSteps<void> {
    const pace = new TimeSlice();
    let growth = 0;
    for (const change of changes) {
      applyChange(change, revision, this);
      if (change.type === 'delete') growth--;
      else if (change.replaced === 0) growth++;
      if (pace.isOver()) yield;
    }
    this.entryCount += growth;
  }
}
