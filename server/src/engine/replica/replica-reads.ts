import { type Entry, isHiddenIn } from '@confer/shared';
import type { EngineCommit, EngineReads, EntryText, PathState, ScanQuery } from '../engine.ts';
import { requireInWindow } from '../history-window.ts';
import { mergeByPath } from '../merge-by-path.ts';
import type { CommitHead, CommitOutline, OutlinesQuery, Version, VersionsQuery } from '../past.ts';
import { scanRange } from '../tree-range.ts';
import { changesAfter, commitAt, commitsAfter, type LoggedCommit } from './commit-log.ts';
import { headOf, outlinesOf, versionsOf } from './past-reads.ts';
import { gone, textOf, there } from './states.ts';
import type { Tombstones } from './tombstones.ts';
import type { Versions } from './versions.ts';

/** Versioned state in memory (MVCC): what a memory engine keeps, and what a replica of something remote has. */
export interface ReplicaState {
  /** What is shown; what is being written is of a later one. */
  readonly revision: number;
  readonly compactedRevision: number;
  readonly entryCount: number;
  readonly tree: Versions;
  readonly tombstones: Tombstones;
  /** In the order of revisions. */
  readonly log: readonly LoggedCommit[];
}

/** What is read of versioned state in memory, at the revision that it shows. */
export class ReplicaReads implements EngineReads {
  readonly #state: ReplicaState;

  constructor(state: ReplicaState) {
    this.#state = state;
  }

  get revision(): number {
    return this.#state.revision;
  }

  get compactedRevision(): number {
    return this.#state.compactedRevision;
  }

  get tombstoneFloor(): number {
    return this.#state.tombstones.floor;
  }

  get entryCount(): number {
    return this.#state.entryCount;
  }

  /** Nobody else writes. */
  barrier(): Promise<void> | undefined {
    return undefined;
  }

  reach(revision: number, _withinMs: number): boolean | Promise<boolean> {
    return revision <= this.revision;
  }

  get(path: string): Entry | undefined {
    return this.#state.tree.at(path, this.#state.revision);
  }

  scan(query: ScanQuery): Iterable<Entry> {
    requireInWindow(query.at, this);
    return this.#entries(query);
  }

  *scanTexts(query: ScanQuery): Generator<EntryText> {
    for (const entry of this.scan(query)) yield textOf(entry);
  }

  scanStates(query: ScanQuery): Iterable<PathState> {
    requireInWindow(query.at, this);
    return this.#states(query);
  }

  history(revision: number): Iterable<EngineCommit> {
    // safeguard: history-begins-at-the-compaction
    requireInWindow(revision, this);
    return commitsAfter(this.#state.log, revision);
  }

  versions(query: VersionsQuery): Iterable<Version> {
    requireInWindow(query.at, this);
    return versionsOf(this.#state, query, this.compactedRevision);
  }

  headOf(revision: number): CommitHead | undefined {
    const isKept = revision > this.compactedRevision && revision <= this.revision;
    const logged = isKept ? commitAt(this.#state.log, revision) : undefined;
    return logged && headOf(logged.commit);
  }

  outlines(query: OutlinesQuery): Iterable<CommitOutline> {
    requireInWindow(query.at, this);
    return outlinesOf(this.#state.log, query, this.compactedRevision);
  }

  changesAfter(revision: number): number {
    requireInWindow(revision, this);
    return changesAfter(this.#state.log, revision);
  }

  *#entries(query: ScanQuery): Generator<Entry> {
    for (const { path, entry } of this.#state.tree.states(scanRange(query), query.at)) {
      if (entry !== undefined && !isHiddenIn(path, query.subtree)) yield entry;
      if (query.budget?.isSpentBy(path) === true) return;
    }
  }

  *#states(query: ScanQuery): Generator<PathState> {
    const range = scanRange(query);
    const { tree, tombstones } = this.#state;
    for (const state of mergeByPath(
      there(tree.states(range, query.at)),
      gone(tombstones.read(range, query.at)),
    )) {
      if (!isHiddenIn(state.path, query.subtree)) yield state;
      if (query.budget?.isSpentBy(state.path) === true) return;
    }
  }
}
