import { assert, type Clock, type Entry, ProtocolError } from '@confer/shared';
import { DELETIONS_MAX } from '../deletions-limit.ts';
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
import { entryText } from '../entry-text.ts';
import { type Base, evaluate, outcomeOf } from '../evaluate.ts';
import { requireHappened, requireInWindow } from '../history-window.ts';
import { MemoryDeletions } from '../known-deletions.ts';
import type { Pending } from '../pending.ts';
import { REQUEST_KEPT_MS } from '../request-memory.ts';
import { Pace, type Steps } from '../steps.ts';
import { restOf, scanRange } from '../tree-range.ts';
import { historySize } from './history-size.ts';
import { changesAfter, commitsAfter, type LoggedCommit } from './log.ts';
import { MemoryVersions } from './versions.ts';

/**
 * What a memory engine retains. Opening another engine on the disk of the first is the crash of the
 * first: what it acknowledged is there, what it had accepted and not yet judged is lost, and the
 * first engine can write no more.
 */
export class MemoryDisk {
  epoch: string | undefined;
  revision = 0;
  compactedRevision = 0;
  entryCount = 0;
  historyBytes = 0;
  /** The engine that may write. */
  owner: object | undefined;
  tree = new MemoryVersions();
  /** Without gaps, so that a revision is an index away. */
  readonly log: LoggedCommit[] = [];
  /** What is being written: of a later revision than is shown, and undone when it was broken off. */
  applying: MadeCommit | undefined;
  readonly deletions = new MemoryDeletions();
  readonly outcomes = new Map<string, CommitOutcome>();
  /** Commits that are gone while their request ids are too young to be forgotten; oldest first. */
  readonly retired: { readonly requestId: string; readonly time: number }[] = [];
}

export interface MemoryEngineOptions {
  /** Names the time of commits and spaces the steps of a compaction. */
  readonly clock: Clock;
  /** Names the epoch of a new history. */
  readonly newId: () => string;
  /** The state to continue from; without it, an empty history. */
  readonly disk?: MemoryDisk;
  /** Deletes that are known beyond compaction. */
  readonly deletionsMax?: number;
}

/** An engine that keeps everything in memory, for tests and for `confer serve --memory`. */
export function openMemoryEngine(options: MemoryEngineOptions): Engine {
  return new MemoryEngine(options);
}

/** Commits that one step of a compaction drops. */
const COMPACTION_STEP = 1_000;

class MemoryEngine implements Engine {
  readonly name = 'memory';
  readonly supports = { durable: false };
  readonly epoch: string;
  readonly #clock: Clock;
  readonly #disk: MemoryDisk;
  readonly #deletionsMax: number;
  #feed: CommitFeed | undefined;
  #pending: Pending[] = [];
  #flushed: Promise<void> = Promise.resolve();

  constructor({
    clock,
    newId,
    disk = new MemoryDisk(),
    deletionsMax = DELETIONS_MAX,
  }: MemoryEngineOptions) {
    disk.epoch ??= newId();
    disk.owner = this;
    undoUnfinished(disk);
    this.epoch = disk.epoch;
    this.#clock = clock;
    this.#disk = disk;
    this.#deletionsMax = deletionsMax;
  }

  get revision(): number {
    return this.#disk.revision;
  }

  get compactedRevision(): number {
    return this.#disk.compactedRevision;
  }

  get deletionsFloor(): number {
    return this.#disk.deletions.floor;
  }

  get entryCount(): number {
    return this.#disk.entryCount;
  }

  get historyBytes(): number {
    return this.#disk.historyBytes;
  }

  onCommits(feed: CommitFeed): void {
    assert(this.#feed === undefined, 'an engine has one feed');
    this.#feed = feed;
  }

  commit(request: CommitRequest): Promise<CommitOutcome> {
    return new Promise((resolve, reject) => {
      if (this.#pending.push({ request, resolve, reject }) > 1) return;
      this.#flushed = this.#flushed.then(() => this.#flush());
    });
  }

  get(path: string): Entry | undefined {
    return this.#disk.tree.at(path, this.#disk.revision);
  }

  scan(query: ScanQuery): Iterable<Entry> {
    requireInWindow(query.at, this);
    return this.#disk.tree.range(scanRange(query), query.at);
  }

  *scanTexts(query: ScanQuery): Generator<EntryText> {
    for (const entry of this.scan(query))
      yield { path: entry.path, modRevision: entry.modRevision, text: entryText(entry) };
  }

  history(revision: number): Iterable<MadeCommit> {
    requireInWindow(revision, this);
    return commitsAfter(this.#disk.log, revision);
  }

  changesAfter(revision: number, max: number): number {
    requireInWindow(revision, this);
    return changesAfter(this.#disk.log, revision, max);
  }

  timeAfter(revision: number): number | undefined {
    requireInWindow(revision, this);
    for (const { time } of commitsAfter(this.#disk.log, revision)) return time;
    return undefined;
  }

  deletions(query: DeletionsQuery): Iterable<Deletion> {
    requireInWindow(query.at, this);
    return this.#disk.deletions.read(scanRange(query), query.at);
  }

  async compact(revision: number): Promise<void> {
    requireHappened(revision, this);
    const disk = this.#disk;
    disk.compactedRevision = Math.max(disk.compactedRevision, revision);
    while (this.#dropCommits(disk.compactedRevision))
      await new Promise<void>((resume) => this.#clock.setTimer(0, resume));
  }

  async close(): Promise<void> {
    await this.#flushed;
    if (this.#disk.owner === this) this.#disk.owner = undefined;
  }

  /**
   * Judges what was asked for in this turn, in order; the feed has it before any writer does. What
   * takes long goes on in later turns, and what is asked for meanwhile waits.
   */
  async #flush(): Promise<void> {
    const pending = this.#pending;
    this.#pending = [];
    let commits: MadeCommit[] = [];
    let answers: (() => void)[] = [];
    const tell = () => {
      if (commits.length > 0) this.#feed?.(commits);
      for (const answer of answers) answer();
      commits = [];
      answers = [];
    };
    for (const { request, resolve, reject } of pending)
      try {
        const steps = this.#judge(request, (commit) => commits.push(commit));
        let step = steps.next();
        for (; step.done !== true; step = steps.next()) {
          tell();
          await new Promise<void>((resume) => this.#clock.setTimer(0, resume));
        }
        const outcome = step.value;
        answers.push(() => resolve(outcome));
      } catch (error) {
        answers.push(() => reject(error));
      }
    tell();
  }

  *#judge(request: CommitRequest, made: (commit: MadeCommit) => void): Steps<CommitOutcome> {
    const disk = this.#disk;
    this.#requireOwner();
    const known = disk.outcomes.get(request.requestId);
    if (known !== undefined) return known;
    const naming = { revision: disk.revision + 1, time: this.#clock.now() };
    const commit = yield* evaluate(request, this.#base(), naming);
    if (commit === undefined) return { revision: disk.revision, puts: 0, deletes: 0 };
    yield* this.#apply(commit);
    const outcome = outcomeOf(commit);
    disk.revision = commit.revision;
    disk.historyBytes += historySize(commit);
    disk.log.push({ commit, requestId: request.requestId });
    disk.outcomes.set(request.requestId, outcome);
    disk.deletions.trim(this.#deletionsMax);
    made(commit);
    return outcome;
  }

  #requireOwner(): void {
    if (this.#disk.owner !== this) throw new ProtocolError('unavailable', 'the engine is closed');
  }

  #base(): Base {
    return {
      read: (path) => this.get(path),
      scanSubtree: (subtree, after) =>
        this.#disk.tree.range(restOf(subtree, after), this.#disk.revision),
    };
  }

  /** Writes what nobody reads before the disk shows the revision. */
  *#apply(commit: MadeCommit): Steps<void> {
    const { revision } = commit;
    const disk = this.#disk;
    this.#requireOwner();
    disk.applying = commit;
    const pace = new Pace();
    let growth = 0;
    for (const change of commit.changes) {
      const entry = change.type === 'put' ? change.entry : undefined;
      if (entry === undefined) growth--;
      else if (change.prev === undefined) growth++;
      if (change.type === 'delete')
        disk.deletions.add({ path: change.path, revision, cause: change.cause });
      disk.tree.add(change.path, revision, entry);
      if (!pace.isOver()) continue;
      yield;
      this.#requireOwner();
    }
    disk.entryCount += growth;
    disk.applying = undefined;
  }

  /** One step of a compaction. Returns whether there is more to drop. */
  #dropCommits(revision: number): boolean {
    const { log, retired } = this.#disk;
    const first = log[0]?.commit.revision ?? revision + 1;
    const expired = Math.max(0, revision + 1 - first);
    for (const { commit, requestId } of log.splice(0, Math.min(expired, COMPACTION_STEP))) {
      this.#disk.historyBytes -= historySize(commit);
      retired.push({ requestId, time: commit.time });
      for (const { path } of commit.changes) {
        const newest = this.#disk.tree.dropBefore(path, revision);
        this.#disk.deletions.forgetBefore(path, newest);
      }
    }
    this.#forgetRequests();
    return expired > COMPACTION_STEP;
  }

  #forgetRequests(): void {
    const { outcomes, retired } = this.#disk;
    const before = this.#clock.now() - REQUEST_KEPT_MS;
    const young = retired.findIndex(({ time }) => time >= before);
    const old = retired.splice(0, young === -1 ? retired.length : young);
    for (const { requestId } of old) outcomes.delete(requestId);
  }
}

function undoUnfinished(disk: MemoryDisk): void {
  const { applying, revision, tree, deletions } = disk;
  disk.applying = undefined;
  for (const { path } of applying?.changes ?? []) tree.undoAfter(path, revision);
  deletions.forgetAfter(revision);
}
