import type { Entry } from '@confer/shared';
import type { EngineCommit, EngineReads, EntryText, PathState, ScanQuery } from '../engine.ts';
import { requireInWindow } from '../history-window.ts';
import type { CommitHead, CommitOutline, OutlinesQuery, Version, VersionsQuery } from '../past.ts';
import type { Progress } from './commit-rows.ts';
import { DamageError } from './damage.ts';
import { commitsBetween, headAt } from './history.ts';
import type { Maintenance } from './maintenance.ts';
import { headOf, outlinesOf, versionsOf } from './past-reads.ts';
import { entriesOf, heldAt, heldNow, statesOf, textOf } from './reads.ts';
import type { ReadTables } from './tables.ts';

/** What is read of the tables, at the revision that they show. */
export class LmdbReads implements EngineReads {
  readonly #tables: ReadTables;
  readonly #shown: () => Progress;
  readonly #maintenance: Maintenance;

  constructor(tables: ReadTables, shown: () => Progress, maintenance: Maintenance) {
    this.#tables = tables;
    this.#shown = shown;
    this.#maintenance = maintenance;
  }

  get revision(): number {
    return this.#shown().revision;
  }

  get compactedRevision(): number {
    return this.#maintenance.compacted.revision;
  }

  get tombstoneFloor(): number {
    return this.#maintenance.tombstoneFloor;
  }

  get entryCount(): number {
    return this.#shown().entryCount;
  }

  /** Nobody else writes. */
  barrier(): undefined {
    return undefined;
  }

  reach(revision: number): boolean {
    return revision <= this.revision;
  }

  get(path: string): Entry | undefined {
    return heldNow(this.#tables, path)?.entry();
  }

  scan(query: ScanQuery): Iterable<Entry> {
    requireInWindow(query.at, this);
    return entriesOf(heldAt(this.#tables, query, this.revision));
  }

  scanTexts(query: ScanQuery): Iterable<EntryText> {
    requireInWindow(query.at, this);
    return textsOf(heldAt(this.#tables, query, this.revision));
  }

  scanStates(query: ScanQuery): Iterable<PathState> {
    requireInWindow(query.at, this);
    return statesOf(this.#tables, query);
  }

  history(revision: number): Iterable<EngineCommit> {
    requireInWindow(revision, this);
    return commitsBetween(this.#tables, revision, this.revision);
  }

  versions(query: VersionsQuery): Iterable<Version> {
    requireInWindow(query.at, this);
    return versionsOf(this.#tables, query, this.compactedRevision);
  }

  headOf(revision: number): CommitHead | undefined {
    const isKept = revision > this.compactedRevision && revision <= this.revision;
    return isKept ? headOf(this.#tables, revision) : undefined;
  }

  outlines(query: OutlinesQuery): Iterable<CommitOutline> {
    requireInWindow(query.at, this);
    return outlinesOf(this.#tables, query, this.compactedRevision);
  }

  changesAfter(revision: number): number {
    requireInWindow(revision, this);
    const { changesSoFar } = this.#soFar(revision);
    return this.#shown().changesSoFar - changesSoFar;
  }

  #soFar(revision: number): { readonly changesSoFar: number } {
    if (revision === this.#maintenance.compacted.revision) return this.#maintenance.compacted;
    const head = headAt(this.#tables, revision);
    if (head === undefined) throw new DamageError(`the history at revision ${revision}`);
    return head;
  }
}

function* textsOf(held: ReturnType<typeof heldAt>): Generator<EntryText, void, void> {
  for (const one of held) yield textOf(one);
}
