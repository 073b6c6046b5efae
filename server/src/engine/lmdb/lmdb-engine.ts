import { assert, type Clock, type Entry, ProtocolError } from '@confer/shared';
import type {
  CommitFeed,
  CommitOutcome,
  CommitRequest,
  Deletion,
  DeletionsQuery,
  Engine,
  EntryText,
  MadeCommit,
  ScanQuery,
} from '../engine.ts';
import { entryText, revisionOfText } from '../entry-text.ts';
import { requireHappened, requireInWindow } from '../history-window.ts';
import { scanRange } from '../tree-range.ts';
import type { CommitLog } from './commit-log.ts';
import { deletionsAt } from './deletions.ts';
import type { Tables } from './layout.ts';
import { Pasts } from './past.ts';
import {
  changesAfter,
  commitsBetween,
  entryOfHeld,
  type HeldAt,
  readEntry,
  scanNow,
  timeAfter,
} from './reads.ts';
import { recover } from './recovery.ts';
import type { Progress, Storage } from './storage.ts';
import type { Unsettled } from './unsettled.ts';
import { LmdbUpkeep } from './upkeep.ts';
import { Writes } from './writes.ts';

/** The engine over LMDB's tables. Opened by `openLmdbEngine`. */
export class LmdbEngine implements Engine {
  readonly name = 'lmdb';
  readonly supports = { durable: true };
  readonly epoch: string;
  readonly #storage: Storage;
  readonly #tables: Tables;
  readonly #unsettled: Unsettled;
  readonly #pasts: Pasts;
  readonly #writes: Writes;
  readonly #upkeep: LmdbUpkeep;
  #shown: Progress;
  #feed: CommitFeed | undefined;
  #closing: Promise<void> | undefined;

  constructor(
    storage: Storage,
    log: CommitLog,
    options: {
      readonly clock: Clock;
      readonly epoch: string;
      readonly deletionsMax: number;
      /** Requests are known since then, in ms since the Unix epoch. */
      readonly knownFrom: number;
    },
  ) {
    const { clock, epoch, deletionsMax, knownFrom } = options;
    const tables = { ...storage.tables, log };
    const { unsettled, requests, progress } = recover(tables, log.revision, knownFrom);
    this.epoch = epoch;
    this.#storage = storage;
    this.#tables = tables;
    this.#unsettled = unsettled;
    this.#pasts = new Pasts(tables);
    this.#shown = progress;
    const shown = () => this.#shown;
    this.#upkeep = new LmdbUpkeep({ storage, tables, log, clock, unsettled, deletionsMax, shown });
    this.#writes = new Writes({
      tables,
      log,
      defer: (run) => storage.defer(run),
      clock,
      unsettled,
      requests,
      shown,
      onDurable: (...durable) => this.#onDurable(...durable),
      room: () => this.#upkeep.room(),
    });
  }

  get revision(): number {
    return this.#shown.revision;
  }

  get compactedRevision(): number {
    return this.#upkeep.compactedRevision;
  }

  get deletionsFloor(): number {
    return this.#upkeep.deletionsFloor;
  }

  get entryCount(): number {
    return this.#shown.entryCount;
  }

  get historyBytes(): number {
    return this.#tables.log.bytes();
  }

  onCommits(feed: CommitFeed): void {
    assert(this.#feed === undefined, 'an engine has one feed');
    this.#feed = feed;
  }

  commit(request: CommitRequest): Promise<CommitOutcome> {
    return this.#closing === undefined ? this.#writes.commit(request) : Promise.reject(closed());
  }

  get(path: string): Entry | undefined {
    return readEntry(this.#tables, this.#unsettled, path, this.revision);
  }

  scan(query: ScanQuery): Iterable<Entry> {
    return entriesOf(this.#held(query));
  }

  scanTexts(query: ScanQuery): Iterable<EntryText> {
    return textsOf(this.#held(query));
  }

  history(revision: number): Iterable<MadeCommit> {
    requireInWindow(revision, this);
    return commitsBetween(this.#tables, revision, this.revision);
  }

  changesAfter(revision: number, max: number): number {
    requireInWindow(revision, this);
    return changesAfter(this.#tables, revision, this.revision, max);
  }

  timeAfter(revision: number): number | undefined {
    requireInWindow(revision, this);
    return timeAfter(this.#tables, revision, this.revision);
  }

  deletions(query: DeletionsQuery): Iterable<Deletion> {
    requireInWindow(query.at, this);
    return deletionsAt(this.#tables, this.#unsettled, query);
  }

  async compact(revision: number): Promise<void> {
    requireHappened(revision, this);
    this.#requireOpen();
    return this.#upkeep.compact(revision);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  #held(query: ScanQuery): Iterable<HeldAt> {
    requireInWindow(query.at, this);
    this.#upkeep.wasRead();
    const range = scanRange(query);
    const now = scanNow(this.#tables, this.#unsettled, range, this.revision);
    return this.#pasts.over(now, range, query.at, this.revision);
  }

  #onDurable(commits: readonly MadeCommit[], progress: Progress): void {
    this.#shown = progress;
    this.#feed?.(commits);
    this.#upkeep.committed(commits);
  }

  async #close(): Promise<void> {
    await this.#writes.settled();
    await this.#upkeep.stop();
    await this.#storage.close();
  }

  #requireOpen(): void {
    if (this.#closing !== undefined) throw closed();
  }
}

function closed(): ProtocolError {
  return new ProtocolError('unavailable', 'the engine is closed');
}

function* entriesOf(items: Iterable<HeldAt>): Generator<Entry> {
  for (const { value } of items) {
    const entry = entryOfHeld(value);
    if (entry !== undefined) yield entry;
  }
}

function* textsOf(items: Iterable<HeldAt>): Generator<EntryText> {
  for (const { key: path, value } of items)
    if (typeof value === 'string') yield { path, modRevision: revisionOfText(value), text: value };
    else if (value !== undefined)
      yield { path, modRevision: value.modRevision, text: entryText(value) };
}
