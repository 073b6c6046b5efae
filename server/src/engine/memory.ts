import {
  assert,
  type Change,
  type Clock,
  compareCodePoints,
  type Entry,
  orderKey,
  ProtocolError,
} from '@confer/shared';
import { DELETIONS_MAX } from './deletions-limit.ts';
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
import { evaluate, outcomeOf } from './evaluate.ts';
import { historySize } from './history-size.ts';
import { requireHappened, requireInWindow } from './history-window.ts';
import { MemoryDeletions } from './memory-deletions.ts';
import { OrderedMap } from './ordered-map.ts';
import { REQUEST_KEPT_MS } from './request-memory.ts';
import { type KeyRange, scanRange, subtreeRange } from './tree-range.ts';

/** What a path held from a revision on; no entry: it was deleted there. */
interface Version {
  readonly revision: number;
  readonly entry: Entry | undefined;
}

interface LoggedCommit {
  readonly commit: MadeCommit;
  readonly requestId: string;
}

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
  /** By `orderKey`; versions of a path from the oldest to the newest. */
  readonly tree = new OrderedMap<string, Version[]>(undefined, compareCodePoints);
  /** Without gaps, so that a revision is an index away. */
  readonly log: LoggedCommit[] = [];
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

interface Pending {
  readonly request: CommitRequest;
  readonly resolve: (outcome: CommitOutcome) => void;
  readonly reject: (error: unknown) => void;
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
      this.#flushed = Promise.resolve().then(() => this.#flush());
    });
  }

  get(path: string): Entry | undefined {
    return this.#disk.tree.get(orderKey(path))?.at(-1)?.entry;
  }

  scan(query: ScanQuery): Iterable<Entry> {
    requireInWindow(query.at, this);
    return this.#entries(scanRange(query), query.at);
  }

  history(revision: number): Iterable<MadeCommit> {
    requireInWindow(revision, this);
    return this.#commitsAfter(revision);
  }

  timeAfter(revision: number): number | undefined {
    requireInWindow(revision, this);
    for (const { time } of this.#commitsAfter(revision)) return time;
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

  /** Judges what was asked for in this turn, in order; the feed has it before any writer does. */
  #flush(): void {
    const pending = this.#pending;
    this.#pending = [];
    const commits: MadeCommit[] = [];
    const answers = pending.map(({ request, resolve, reject }) => {
      try {
        const outcome = this.#judge(request, commits);
        return () => resolve(outcome);
      } catch (error) {
        return () => reject(error);
      }
    });
    if (commits.length > 0) this.#feed?.(commits);
    for (const answer of answers) answer();
  }

  #judge(request: CommitRequest, commits: MadeCommit[]): CommitOutcome {
    const disk = this.#disk;
    if (disk.owner !== this) throw new ProtocolError('unavailable', 'the engine is closed');
    const known = disk.outcomes.get(request.requestId);
    if (known !== undefined) return known;
    const base = {
      read: (path: string) => this.get(path),
      scanSubtree: (path: string) => this.#entries(subtreeRange(path), disk.revision),
    };
    const naming = { revision: disk.revision + 1, time: this.#clock.now() };
    const commit = evaluate(request, base, naming);
    if (commit === undefined) return { revision: disk.revision, puts: 0, deletes: 0 };
    const outcome = outcomeOf(commit);
    disk.revision = commit.revision;
    disk.historyBytes += historySize(commit);
    disk.log.push({ commit, requestId: request.requestId });
    disk.outcomes.set(request.requestId, outcome);
    for (const change of commit.changes) this.#apply(change, commit.revision);
    disk.deletions.trim(this.#deletionsMax);
    commits.push(commit);
    return outcome;
  }

  #apply(change: Change, revision: number): void {
    const disk = this.#disk;
    const entry = change.type === 'put' ? change.entry : undefined;
    if (entry === undefined) disk.entryCount--;
    else if (change.prev === undefined) disk.entryCount++;
    if (change.type === 'delete')
      disk.deletions.add({ path: change.path, revision, cause: change.cause });
    const key = orderKey(change.path);
    const versions = disk.tree.get(key);
    if (versions === undefined) disk.tree.set(key, [{ revision, entry }]);
    else versions.push({ revision, entry });
  }

  *#entries({ from, to }: KeyRange, at: number): Generator<Entry> {
    for (const [key, versions] of this.#disk.tree.entries(from)) {
      if (compareCodePoints(key, to) >= 0) return;
      const entry = versions[newestAt(versions, at)]?.entry;
      if (entry !== undefined) yield entry;
    }
  }

  *#commitsAfter(revision: number): Generator<MadeCommit> {
    const { log } = this.#disk;
    const first = log[0]?.commit.revision ?? revision + 1;
    for (let i = revision + 1 - first; i < log.length; i++) {
      const logged = log[i];
      if (logged !== undefined) yield logged.commit;
    }
  }

  /** One step of a compaction. Returns whether there is more to drop. */
  #dropCommits(revision: number): boolean {
    const { log, retired } = this.#disk;
    const first = log[0]?.commit.revision ?? revision + 1;
    const expired = Math.max(0, revision + 1 - first);
    for (const { commit, requestId } of log.splice(0, Math.min(expired, COMPACTION_STEP))) {
      this.#disk.historyBytes -= historySize(commit);
      retired.push({ requestId, time: commit.time });
      for (const change of commit.changes) this.#dropVersions(change.path, revision);
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

  /** Only the newest version up to `revision` is still read, and a delete reads like nothing. */
  #dropVersions(path: string, revision: number): void {
    const { tree, deletions } = this.#disk;
    const key = orderKey(path);
    const versions = tree.get(key) ?? [];
    const newest = newestAt(versions, revision);
    if (newest === -1) return;
    deletions.forgetBefore(key, versions[newest]?.revision ?? 0);
    versions.splice(0, versions[newest]?.entry === undefined ? newest + 1 : newest);
    if (versions.length === 0) tree.delete(key);
  }
}

/** The index of the newest version up to `revision`, or -1. */
function newestAt(versions: readonly Version[], revision: number): number {
  const last = versions.length - 1;
  if ((versions[last]?.revision ?? 0) <= revision) return last;
  let low = 0;
  let high = last;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((versions[middle]?.revision ?? 0) <= revision) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
