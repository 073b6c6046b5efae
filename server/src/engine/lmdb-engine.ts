import { assert, type Clock, type Entry, ProtocolError } from '@confer/shared';
import type {
  CommitFeed,
  CommitOutcome,
  CommitRequest,
  Deletion,
  DeletionsQuery,
  Engine,
  MadeCommit,
  ScanQuery,
} from './engine.ts';
import { requireHappened, requireInWindow } from './history-window.ts';
import { Compaction } from './lmdb-compaction.ts';
import { deletionsAt, deletionsRowOf } from './lmdb-deletions.ts';
import { entryOf, type StateRow, type Tables } from './lmdb-layout.ts';
import {
  commitsBetween,
  historyBytesOf,
  readAt,
  scanAt,
  stateOf,
  timeAfter,
} from './lmdb-reads.ts';
import { trimDeletions } from './lmdb-trimming.ts';
import { GroupCommit, type Storage } from './lmdb-writes.ts';
import { REQUEST_KEPT_MS } from './request-memory.ts';
import { scanRange } from './tree-range.ts';

/** The engine over LMDB's tables. Opened by `openLmdbEngine`. */
export class LmdbEngine implements Engine {
  readonly name = 'lmdb';
  readonly supports = { durable: true };
  readonly epoch: string;
  readonly #storage: Storage;
  readonly #clock: Clock;
  readonly #tables: Tables;
  readonly #writes: GroupCommit;
  readonly #deletionsMax: number;
  #revision: number;
  #compactedRevision: number;
  #entryCount: number;
  #deletionsFloor: number;
  #feed: CommitFeed | undefined;
  /** Compactions and trimmings, one after the other. */
  #compaction: Promise<void> = Promise.resolve();
  #isTrimming = false;
  #closing: Promise<void> | undefined;

  constructor(storage: Storage, clock: Clock, epoch: string, deletionsMax: number) {
    this.epoch = epoch;
    this.#storage = storage;
    this.#clock = clock;
    this.#tables = storage.tables;
    [this.#revision, this.#compactedRevision, this.#entryCount] = stateOf(storage.tables);
    this.#deletionsMax = deletionsMax;
    [this.#deletionsFloor] = deletionsRowOf(storage.tables);
    this.#writes = new GroupCommit(storage, clock, (...durable) => this.#onDurable(...durable));
  }

  get revision(): number {
    return this.#revision;
  }

  get compactedRevision(): number {
    return this.#compactedRevision;
  }

  get deletionsFloor(): number {
    return this.#deletionsFloor;
  }

  get entryCount(): number {
    return this.#entryCount;
  }

  get historyBytes(): number {
    return historyBytesOf(this.#tables);
  }

  onCommits(feed: CommitFeed): void {
    assert(this.#feed === undefined, 'an engine has one feed');
    this.#feed = feed;
  }

  async commit(request: CommitRequest): Promise<CommitOutcome> {
    this.#requireOpen();
    return this.#writes.commit(request);
  }

  get(path: string): Entry | undefined {
    const row = this.#tables.entries.get(path);
    const isShown = row === undefined ? !this.#writes.isAhead : row[2] <= this.#revision;
    if (!isShown) return readAt(this.#tables, path, this.#revision);
    return row === undefined ? undefined : entryOf(path, row);
  }

  scan(query: ScanQuery): Iterable<Entry> {
    requireInWindow(query.at, this);
    return scanAt(this.#tables, scanRange(query), query.at);
  }

  history(revision: number): Iterable<MadeCommit> {
    requireInWindow(revision, this);
    return commitsBetween(this.#tables, revision, this.#revision);
  }

  timeAfter(revision: number): number | undefined {
    requireInWindow(revision, this);
    return timeAfter(this.#tables, revision, this.#revision);
  }

  deletions(query: DeletionsQuery): Iterable<Deletion> {
    requireInWindow(query.at, this);
    return deletionsAt(this.#tables, query);
  }

  async compact(revision: number): Promise<void> {
    requireHappened(revision, this);
    this.#requireOpen();
    const compaction = this.#compaction.then(() => this.#compact(revision));
    this.#compaction = compaction.catch(() => undefined);
    return compaction;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  #onDurable(commits: readonly MadeCommit[], [revision, , entryCount]: StateRow): void {
    this.#revision = revision;
    this.#entryCount = entryCount;
    this.#feed?.(commits);
    if (commits.some(({ changes }) => changes.some(({ type }) => type === 'delete'))) this.#trim();
  }

  /** What fails is tried again after the next delete. */
  #trim(): void {
    if (this.#isTrimming) return;
    this.#isTrimming = true;
    const onFloor = (floor: number) => {
      this.#deletionsFloor = Math.max(this.#deletionsFloor, floor);
    };
    const isStopped = () => this.#closing !== undefined;
    this.#compaction = this.#compaction
      .then(() => trimDeletions(this.#storage, this.#deletionsMax, isStopped, onFloor))
      .catch(() => undefined)
      .finally(() => {
        this.#isTrimming = false;
      });
  }

  /**
   * The new `compactedRevision` is on the disk, and shown, before the first row goes: nobody reads
   * a history with holes, not even after a crash between two steps.
   */
  async #compact(revision: number): Promise<void> {
    const isStopped = () => this.#closing !== undefined;
    if (revision > this.#compactedRevision && !isStopped()) {
      await this.#storage.transaction(() => {
        const [newest, , entryCount] = stateOf(this.#tables);
        this.#tables.meta.put('state', [newest, revision, entryCount]);
      });
      this.#compactedRevision = revision;
    }
    const forgetBefore = this.#clock.now() - REQUEST_KEPT_MS;
    const compaction = new Compaction(this.#tables, this.#compactedRevision, forgetBefore);
    await compaction.run(this.#storage, isStopped);
    this.#requireOpen();
  }

  async #close(): Promise<void> {
    await this.#writes.settled;
    await this.#compaction;
    await this.#storage.close();
  }

  #requireOpen(): void {
    if (this.#closing !== undefined) throw new ProtocolError('unavailable', 'the engine is closed');
  }
}
