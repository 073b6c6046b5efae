import type { Clock, Commit, Position } from '@confer/shared';
import { Core } from '../../server/src/core.ts';
import type {
  CommitOutcome,
  Engine,
  FeedConsumer,
  WriteRequest,
} from '../../server/src/engine/engine.ts';
import { WriteFailure } from '../../server/src/engine/lmdb/storage.ts';
import type { SeededRandom } from '../../shared/src/test-support/seeded-random.ts';
import type { ProcessClock, VirtualClock } from '../../shared/src/test-support/virtual-clock.ts';
import { commitProblem, Model, type ModelWrite } from '../model/model.ts';
import type { Network } from '../support/network.ts';
import { type Histories, modelOf } from '../validate/history.ts';
import { hostOf } from './http/server-side.ts';
import { leaseEndOf, leaseWriteOf } from './lease-writes.ts';
import type { OperationHistory } from './operation-history.ts';
import type { DiskFaults } from './stores/disk-faults.ts';
import { MemoryStore } from './stores/memory-store.ts';
import type { SimulatedStore } from './stores/simulated-store.ts';

export interface ServerHostOptions {
  readonly clock: VirtualClock;
  readonly random: SeededRandom;
  readonly network: Network;
  /** What each write asked for, by its request id. */
  readonly writes: ReadonlyMap<string, ModelWrite>;
  readonly operationHistory: OperationHistory;
  /** A write waits up to this long for the disk; a crash meanwhile loses it. */
  readonly diskMaxMs: number;
  /** What the server puts off to a later turn waits up to this long, and turns are short. */
  readonly busyMaxMs: number;
  /** An empty one. */
  readonly newStore?: (clock: VirtualClock) => SimulatedStore;
  /** What goes wrong with the disk of such a store. */
  readonly faults?: DiskFaults;
}

/** What the server says of a disk that fails, which is not its fault. */
const ABOUT_THE_DISK = /^the storage (is degraded|has failed)/;

interface Running {
  readonly process: ProcessClock;
  /** Once it is open. */
  served?: { readonly core: Core; readonly engine: Engine };
}

/** A machine that a server runs on: it is started, killed, stopped, frozen, wiped and restored. */
export class ServerHost implements Histories {
  readonly #options: ServerHostOptions;
  readonly #random: SeededRandom;
  readonly truth = new Map<string, Model>();
  readonly problems: string[] = [];
  /** What each timeline is of. A history is named after its epoch, and then by a number. */
  readonly #histories = new Map<string, string>();
  /** The last one of each epoch. */
  readonly #newest = new Map<string, string>();
  /** When each commit came out, by history and revision. */
  readonly #committedAt = new Map<string, number>();
  readonly #leaseWrites = new Map<string, ModelWrite>();
  /** At which revision, by history and request id. */
  readonly #done = new Map<string, number>();
  readonly #revisions = new Map<string, number[]>();
  readonly #newStore: () => SimulatedStore;
  #store: SimulatedStore;
  /** The one that the disk holds, once a server was started on it. */
  #history: string | undefined;
  #backup: { readonly store: SimulatedStore; readonly history: string } | undefined;
  /** The history that the next start continues under another name. */
  #restored: { readonly model: Model; readonly done: ReadonlyMap<string, number> } | undefined;
  #ids = 0;
  #running: Running | undefined;
  /** One that was told to end, and has not yet. */
  #ending: Running | undefined;
  #isHealed = false;

  constructor(options: ServerHostOptions) {
    this.#options = options;
    this.#random = options.random;
    const { newStore = () => new MemoryStore() } = options;
    this.#newStore = () => newStore(options.clock);
    this.#store = this.#newStore();
  }

  get isRunning(): boolean {
    return this.#running !== undefined;
  }

  /** The newest state there is. */
  get model(): Model {
    const model = this.truth.get(this.#history ?? '');
    if (model === undefined) throw new Error('the server was never started');
    return model;
  }

  start(): void {
    // One that is still ending has the store locked: whoever starts a server kills it first.
    if (this.#ending !== undefined) this.crash();
    const running: Running = { process: this.#options.clock.scope() };
    this.#running = running;
    const opened = this.#store.open({
      clock: running.process.clock,
      newId: this.#newId,
      // With few, a position is soon older than the deletes that are known.
      tombstonesMax: this.#random.pick([5, 1_000]),
      defer: (run) => void running.process.clock.setTimer(0, run),
    });
    if (opened instanceof Promise)
      opened.then(
        (engine) => this.#serve(running, engine),
        (error: unknown) => this.#notOpened(running, error),
      );
    else this.#serve(running, opened);
  }

  readonly #newId = () => `server-${++this.#ids}`;

  #serve(running: Running, engine: Engine): void {
    if (this.#running !== running) return;
    const { network, busyMaxMs } = this.#options;
    const { process } = running;
    this.#history ??= this.#begin(engine.epoch);
    for (const { id } of engine.timelines.slice(-1)) this.#histories.set(id, this.#history);
    this.#judgeWhatIsThere(engine);
    if (!engine.supports.gapless) this.model.idleUntil(engine.reads.revision);
    const core = new Core({
      engine: this.#watched(engine, process),
      runtime: {
        clock: busyMaxMs > 0 ? hurried(process.clock) : process.clock,
        uptimeMs: process.uptimeMs,
        random: this.#random.next,
        newId: this.#newId,
        newSecret: (length) => String(++this.#ids).padStart(length, '0'),
        defer: (run) => void process.clock.setTimer(this.#random.int(0, busyMaxMs), run),
      },
      log: (level, message, fields) => {
        if (level === 'error' && !ABOUT_THE_DISK.test(message))
          this.problems.push(`${message} ${JSON.stringify(fields)}`);
      },
    });
    running.served = { core, engine };
    network.host = hostOf(core);
    void core.failed.then(() => {
      if (this.#running === running) void this.stop().then(() => this.#startAgain());
    });
  }

  #notOpened(running: Running, error: unknown): void {
    if (this.#running === running) this.#running = undefined;
    this.#startAgain();
    if (!isOfTheDisk(error)) this.problems.push(`S1 the store does not open: ${error}`);
  }

  /** What was begun before all was well may still fail. */
  #startAgain(): void {
    if (this.#isHealed && !this.isRunning) this.start();
  }

  /** `kill -9`: connections break, timers never fire, only the disk remains. */
  crash(): void {
    const { network } = this.#options;
    network.host = undefined;
    this.#store.kill?.();
    this.#running?.process.kill();
    this.#ending?.process.kill();
    this.#running = undefined;
    this.#ending = undefined;
    network.killServer();
  }

  async stop(): Promise<void> {
    this.thaw();
    this.#options.network.host = undefined;
    const running = this.#running;
    if (running === undefined) return;
    this.#running = undefined;
    this.#ending = running;
    if (running.served === undefined) running.process.kill();
    else await running.served.core.stop();
    if (this.#ending === running) this.#ending = undefined;
  }

  /** SIGSTOP: nothing of it runs, and its sockets stay open. */
  freeze(): void {
    if (this.#running === undefined) return;
    this.#running.process.freeze();
    this.#options.network.freeze();
  }

  thaw(): void {
    this.#running?.process.thaw();
    this.#options.network.thaw();
  }

  disturbDisk(): void {
    this.#options.faults?.disturb();
  }

  healDisk(): void {
    this.#options.faults?.become('well');
    this.#isHealed = true;
  }

  /** The disk is lost; a server that starts now has another epoch. */
  wipe(): void {
    this.crash();
    this.#store = this.#newStore();
    this.#history = undefined;
    this.#restored = undefined;
  }

  /** What was copied amid a write would be one of two histories, and nobody could say which. */
  backUp(): void {
    if (this.#history !== undefined && this.#store.isQuiet)
      this.#backup = { store: this.#store.twin(), history: this.#history };
  }

  /** The disk is replaced by the last backup, which goes on under another epoch. */
  restore(): void {
    if (this.#backup === undefined) return;
    const { store, history } = this.#backup;
    this.#replace(store.copy(), modelOf(this.truth, history).copyAt(store.revision));
  }

  /** The disk is replaced by the last backup, which keeps its epoch: nobody said that it is older. */
  putBack(): void {
    if (this.#backup === undefined) return;
    const { store, history } = this.#backup;
    const { revision } = store;
    const fork = { history, revision };
    this.#replace(store.twin(), modelOf(this.truth, history).copyAt(revision, fork));
  }

  #replace(store: SimulatedStore, model: Model): void {
    this.crash();
    this.#store = store;
    this.#history = undefined;
    this.#restored = { model, done: store.requests() };
  }

  /** How long a commit of the newest history has been there. */
  ageOf(revision: number): number {
    const { clock } = this.#options;
    return clock.now() - (this.#committedAt.get(`${this.#history} ${revision}`) ?? clock.now());
  }

  get history(): string | undefined {
    return this.#history;
  }

  /** One without a timeline is taken for a position of what is there now. */
  historyOf({ epoch, timeline }: Pick<Position, 'epoch' | 'timeline'>): string {
    const known = timeline === undefined ? this.#newest.get(epoch) : this.#histories.get(timeline);
    return known ?? `${epoch} ${timeline}`;
  }

  get compactedRevision(): number {
    return this.#store.compactedRevision;
  }

  /** Where a request was done, in any history. */
  revisionsOf(requestId: string): readonly number[] {
    return this.#revisions.get(requestId) ?? [];
  }

  /** Where a request was done in one history, if what it did is part of it. */
  revisionIn(history: string, requestId: string): number | undefined {
    return this.#done.get(`${history} ${requestId}`);
  }

  /** Returns the name of what goes on from here. */
  #begin(epoch: string): string {
    const count = this.truth.size;
    const history = this.truth.has(epoch) ? `${epoch}/${count}` : epoch;
    const { model, done } = this.#restored ?? { model: new Model(), done: new Map() };
    this.truth.set(history, model);
    this.#newest.set(epoch, history);
    for (const [id, revision] of done) this.#done.set(`${history} ${id}`, revision);
    if (count > 0) {
      const state = model.at(model.revision);
      this.#options.operationHistory.reset(
        new Map([...state].map(([path, { value }]) => [path, value])),
      );
    }
    return history;
  }

  compact(revision: number): void {
    this.#running?.served?.engine.maintenance.compact(revision).catch((error: unknown) => {
      if (!isOfTheDisk(error)) this.problems.push(`it could not compact: ${error}`);
    });
  }

  get revision(): number {
    return this.#store.revision;
  }

  /** The engine, with a slow disk and every commit held against the model as it comes out. */
  #watched(engine: Engine, { clock }: ProcessClock): Engine {
    const judge = (commits: readonly Commit[]) => {
      for (const commit of commits) this.#judge(commit, engine);
    };
    const { diskMaxMs } = this.#options;
    let freeAt = 0;
    const asked = (request: WriteRequest) => {
      const write = leaseWriteOf(request);
      if (write !== undefined) this.#leaseWrites.set(request.requestId, write);
      return request;
    };
    const commitLater = (request: WriteRequest) =>
      new Promise<CommitOutcome>((resolve, reject) => {
        freeAt = Math.max(freeAt, clock.now() + this.#random.int(0, diskMaxMs));
        clock.setTimer(freeAt - clock.now(), () =>
          engine.writes.commit(asked(request)).then(resolve, reject),
        );
      });
    const now = (request: WriteRequest) => engine.writes.commit(asked(request));
    const commit = diskMaxMs > 0 ? commitLater : now;
    const consume = (consumer: FeedConsumer) =>
      engine.feed.consume((event) => {
        if (event.kind === 'commits') judge(event.commits);
        if (event.kind === 'progress') this.model.idleUntil(event.revision);
        if (event.kind === 'jump' || event.kind === 'end')
          this.problems.push(
            `W3 nothing is wrong with the store, and its feed has a ${event.kind}`,
          );
        consumer(event);
      });
    const { name, supports, epoch, timelines, reads, health, maintenance } = engine;
    const same = { name, supports, epoch, timelines, reads, health, maintenance };
    const leases = engine.leases === undefined ? {} : { leases: engine.leases };
    return {
      ...same,
      ...leases,
      writes: { commit },
      feed: { consume },
      close: () => engine.close(),
    };
  }

  /** S1: all that came out is there. There may be more, which was written when the process ended. */
  #judgeWhatIsThere(engine: Engine): void {
    const { model } = this;
    if (engine.reads.revision < model.revision)
      this.problems.push(
        `S1 opened at ${engine.reads.revision}, and ${model.revision} had come out`,
      );
    else {
      // What was compacted had come out, or changed nothing.
      const from = Math.max(model.revision, engine.reads.compactedRevision);
      for (const commit of engine.reads.history(from)) this.#judge(commit, engine);
    }
  }

  /** S4: somebody has asked for it, and it was not made before. */
  #judgeRequest(requestId: string, revision: number, isKnown: boolean): void {
    this.#revisions.set(requestId, [...this.revisionsOf(requestId), revision]);
    const once = `${this.#history} ${requestId}`;
    if (this.#done.has(once)) this.problems.push(`S4 revision ${revision}: done before`);
    this.#done.set(once, revision);
    if (!isKnown || !this.#options.operationHistory.requestIds.has(requestId))
      this.problems.push(`S4 revision ${revision}: nobody asked for it`);
  }

  /** S2 to S5. */
  #judge(commit: Commit, { supports }: Engine): void {
    const requestId = this.#store.requestIdOf(commit.revision) ?? '';
    const { writes, operationHistory, clock } = this.#options;
    const ended = requestId === '' ? leaseEndOf(commit) : undefined;
    const write = ended ?? writes.get(requestId) ?? this.#leaseWrites.get(requestId);
    if (requestId.startsWith('expired-')) operationHistory.requestIds.add(requestId);
    const { model, history } = this;
    this.#committedAt.set(`${history} ${commit.revision}`, clock.now());
    if (ended === undefined) this.#judgeRequest(requestId, commit.revision, write !== undefined);
    if (write === undefined) return;
    // Who shares revisions with others has gaps.
    if (!supports.gapless) model.idleUntil(commit.revision - 1);
    if (model.write(write) === 'conflict')
      this.problems.push(`S2 revision ${commit.revision}: its conditions did not hold`);
    else if (model.revision !== commit.revision)
      this.problems.push(`S5 revision ${commit.revision} came where ${model.revision} was next`);
    else {
      const problem = commitProblem(model, commit);
      if (problem !== undefined) this.problems.push(`S3 ${problem}`);
    }
  }
}

/** Every other look at it finds that a slice of work has taken its time. */
function hurried(clock: Clock): Clock {
  let looks = 0;
  return {
    now: () => clock.now() + (++looks % 2) * 9,
    setTimer: clock.setTimer,
  };
}

function isOfTheDisk(error: unknown): boolean {
  return error instanceof WriteFailure || (error instanceof Error && 'code' in error);
}
