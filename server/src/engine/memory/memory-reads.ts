import { type Entry, isHiddenIn } from '@confer/shared';
import type { EngineCommit, EngineReads, EntryText, PathState, ScanQuery } from '../engine.ts';
import { requireInWindow } from '../history-window.ts';
import { mergeByPath } from '../merge-by-path.ts';
import { scanRange } from '../tree-range.ts';
import type { MemoryDisk } from './disk.ts';
import { changesAfter, commitsAfter } from './log.ts';
import { gone, textOf, there } from './states.ts';

/** What is read of versioned state in memory, at the revision that it shows. */
export class MemoryReads implements EngineReads {
  readonly #disk: MemoryDisk;

  constructor(disk: MemoryDisk) {
    this.#disk = disk;
  }

  get revision(): number {
    return this.#disk.revision;
  }

  get compactedRevision(): number {
    return this.#disk.compactedRevision;
  }

  get tombstoneFloor(): number {
    return this.#disk.tombstones.floor;
  }

  get entryCount(): number {
    return this.#disk.entryCount;
  }

  /** Nobody else writes. */
  barrier(): Promise<void> | undefined {
    return undefined;
  }

  reach(revision: number, _withinMs: number): boolean | Promise<boolean> {
    return revision <= this.revision;
  }

  get(path: string): Entry | undefined {
    return this.#disk.tree.at(path, this.#disk.revision);
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
    requireInWindow(revision, this);
    return commitsAfter(this.#disk.log, revision);
  }

  changesAfter(revision: number): number {
    requireInWindow(revision, this);
    return changesAfter(this.#disk.log, revision);
  }

  *#entries(query: ScanQuery): Generator<Entry> {
    for (const { path, entry } of this.#disk.tree.states(scanRange(query), query.at)) {
      if (entry !== undefined && !isHiddenIn(path, query.subtree)) yield entry;
      if (query.budget?.isSpentBy(path) === true) return;
    }
  }

  *#states(query: ScanQuery): Generator<PathState> {
    const range = scanRange(query);
    const { tree, tombstones } = this.#disk;
    for (const state of mergeByPath(
      there(tree.states(range, query.at)),
      gone(tombstones.read(range, query.at)),
    )) {
      if (!isHiddenIn(state.path, query.subtree)) yield state;
      if (query.budget?.isSpentBy(state.path) === true) return;
    }
  }
}
