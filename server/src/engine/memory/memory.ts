import { type Clock, ProtocolError } from '@confer/shared';
import { type EngineMeasures, UNMEASURED } from '../../measures.ts';
import { type CooperativeSteps, TimeSlice } from '../cooperative-steps.ts';
import type {
  CommitOutcome,
  Engine,
  EngineCommit,
  EngineHealth,
  EngineMaintenance,
  EngineWrites,
  Timeline,
  WriteRequest,
} from '../engine.ts';
import { type Base, evaluate, type LazyEntry, outcomeOf, withBranch } from '../evaluate.ts';
import { Feed } from '../feed.ts';
import { requireHappened, requireInWindow } from '../history-window.ts';
import { anotherWrite, fingerprintOf, IDEMPOTENCY_WINDOW_MS } from '../idempotency.ts';
import type { Pending } from '../pending.ts';
import { applyChange, dropHistory } from '../replica/changes.ts';
import { historySize, timeAfter } from '../replica/commit-log.ts';
import { ReplicaReads } from '../replica/replica-reads.ts';
import { heldOf } from '../replica/states.ts';
import { isTouched } from '../replica/touched.ts';
import { Retention, type RetentionLimits } from '../retention.ts';
import { TOMBSTONES_MAX } from '../tombstones-limit.ts';
import { restOf } from '../tree-range.ts';
import { MemoryDisk, undoUnfinished } from './disk.ts';

export interface MemoryEngineOptions {
  /** Names the time of commits and spaces the steps of a compaction. */
  readonly clock: Clock;
  /** Names the epoch of a new history, and each timeline. */
  readonly newId: () => string;
  /** The state to continue from; without it, an empty history. */
  readonly disk?: MemoryDisk;
  /** Deletes that are known beyond compaction. */
  readonly tombstonesMax?: number;
  /** Without it, history is kept until somebody asks for a compaction. */
  readonly retention?: RetentionLimits;
  readonly measures?: EngineMeasures;
  readonly onNotice?: (notice: string) => void;
}

/** An engine that keeps everything in memory, for tests and for `confer serve --memory`. */
export function openMemoryEngine(options: MemoryEngineOptions): Engine {
  return new MemoryEngine(options);
}

class MemoryEngine implements Engine {
  readonly name = 'memory';
  readonly supports = {
    durable: false,
    remembersDeletes: true,
    gapless: true,
    ordered: true,
    shared: false,
  };
  readonly reads: ReplicaReads;
  readonly writes: EngineWrites = { commit: (request) => this.#commit(request) };
  readonly feed = new Feed();
  /** What is kept in memory neither gets worse nor better. */
  readonly health: EngineHealth = { current: { kind: 'well' }, onChange: () => {} };
  readonly maintenance: EngineMaintenance;
  readonly epoch: string;
  readonly timelines: readonly Timeline[];
  readonly #clock: Clock;
  readonly #disk: MemoryDisk;
  readonly #tombstonesMax: number;
  #retention: Retention | undefined;
  #pending: Pending[] = [];
  #flushed: Promise<void> = Promise.resolve();

  constructor({
    clock,
    newId,
    disk = new MemoryDisk(),
    tombstonesMax = TOMBSTONES_MAX,
    retention,
    measures = UNMEASURED,
    onNotice = () => {},
  }: MemoryEngineOptions) {
    disk.epoch ??= newId();
    disk.owner = this;
    undoUnfinished(disk);
    disk.timelines = [...disk.timelines, { id: newId(), from: disk.revision }];
    this.epoch = disk.epoch;
    this.timelines = disk.timelines;
    this.#clock = clock;
    this.#disk = disk;
    this.reads = new ReplicaReads(disk);
    this.maintenance = this.#maintenanceOf(disk, measures);
    this.#tombstonesMax = tombstonesMax;
    if (retention !== undefined) this.#retention = new Retention(this, clock, retention, onNotice);
  }

  #commit(request: WriteRequest): Promise<CommitOutcome> {
    return new Promise((resolve, reject) => {
      if (this.#pending.push({ request, resolve, reject }) > 1) return;
      // safeguard: memory-answers-what-is-durable
      this.#flushed = this.#flushed.then(() => this.#flush());
    });
  }

  #maintenanceOf(disk: MemoryDisk, measures: EngineMeasures): EngineMaintenance {
    return {
      get historyBytes() {
        return disk.historyBytes;
      },
      get historyCommits() {
        return disk.log.length;
      },
      compact: async (revision) => {
        requireHappened(revision, this.reads);
        await measures.compaction(() => this.#compact(revision));
      },
      timeAfter: (revision) => {
        requireInWindow(revision, this.reads);
        return timeAfter(disk.log, revision);
      },
    };
  }

  async #compact(revision: number): Promise<void> {
    const disk = this.#disk;
    disk.compactedRevision = Math.max(disk.compactedRevision, revision);
    while (this.#dropCommits(disk.compactedRevision))
      await new Promise<void>((resume) => this.#clock.setTimer(0, resume));
    disk.tombstones.trim(this.#tombstonesMax, disk.compactedRevision);
  }

  async close(): Promise<void> {
    this.#retention?.stop();
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
    let commits: EngineCommit[] = [];
    let answers: (() => void)[] = [];
    const tell = () => {
      // safeguard: feed-comes-before-the-answer
      if (commits.length > 0) this.feed.tell({ kind: 'commits', commits });
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

  *#judge(
    request: WriteRequest,
    made: (commit: EngineCommit) => void,
  ): CooperativeSteps<CommitOutcome> {
    const disk = this.#disk;
    this.#requireOwner();
    const fingerprint = yield* fingerprintOf(request);
    const known = disk.outcomes.get(request.requestId);
    if (known !== undefined && known.fingerprint !== fingerprint) throw anotherWrite();
    // safeguard: memory-makes-a-request-once
    if (known !== undefined) return known.outcome;
    const naming = { revision: disk.revision + 1, time: this.#time() };
    const { commit, otherwise } = yield* evaluate(request, this.#base(), naming);
    if (commit === undefined)
      return withBranch({ revision: disk.revision, puts: 0, deletes: 0 }, otherwise);
    yield* this.#apply(commit);
    const outcome = outcomeOf(commit, otherwise);
    disk.revision = commit.revision;
    disk.historyBytes += historySize(commit);
    disk.log.push({ commit, requestId: request.requestId, time: commit.time });
    disk.outcomes.set(request.requestId, { outcome, fingerprint });
    made(commit);
    return outcome;
  }

  #requireOwner(): void {
    if (this.#disk.owner !== this) throw new ProtocolError('unavailable', 'the engine is closed');
  }

  /** Times of commits never run backwards, whatever the clock of the machine does. */
  #time(): number {
    return Math.max(this.#disk.log.at(-1)?.commit.time ?? 0, this.#clock.now());
  }

  #base(): Base<LazyEntry> {
    const disk = this.#disk;
    return {
      read: (path) => heldOf(this.reads.get(path)),
      isTouched: (asked, pace) => isTouched(disk, asked, pace),
      *scanSubtree(subtree, after) {
        for (const { entry } of disk.tree.states(restOf(subtree, after), disk.revision)) {
          const held = heldOf(entry);
          if (held !== undefined) yield held;
        }
      },
    };
  }

  /** Writes what nobody reads before the disk shows the revision. */
  *#apply(commit: EngineCommit): CooperativeSteps<void> {
    const { revision } = commit;
    const disk = this.#disk;
    this.#requireOwner();
    disk.applying = commit;
    const pace = new TimeSlice();
    let growth = 0;
    for (const change of commit.changes) {
      const entry = change.type === 'put' ? change.entry : undefined;
      if (entry === undefined) growth--;
      else if (change.replaced === 0) growth++;
      applyChange(change, revision, disk);
      if (!pace.isOver()) continue;
      yield;
      this.#requireOwner();
    }
    disk.entryCount += growth;
    disk.applying = undefined;
  }

  /** One step of a compaction. Returns whether there is more to drop. */
  #dropCommits(revision: number): boolean {
    const dropped = dropHistory(this.#disk, revision);
    for (const { commit, requestId } of dropped) {
      this.#disk.historyBytes -= historySize(commit);
      this.#disk.retired.push({ requestId, time: commit.time });
    }
    this.#forgetRequests();
    return dropped.length > 0;
  }

  #forgetRequests(): void {
    const { outcomes, retired } = this.#disk;
    // safeguard: memory-remembers-requests-beyond-compaction
    const before = this.#clock.now() - IDEMPOTENCY_WINDOW_MS;
    const young = retired.findIndex(({ time }) => time >= before);
    const old = retired.splice(0, young === -1 ? retired.length : young);
    for (const { requestId } of old) outcomes.delete(requestId);
  }
}
