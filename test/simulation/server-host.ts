import type { Clock, Commit, Position } from '@confer/shared';
import { Core } from '../../server/src/core.ts';
import type { CommitOutcome, CommitRequest, Engine } from '../../server/src/engine/engine.ts';
import { MemoryDisk } from '../../server/src/engine/memory/disk.ts';
import { openMemoryEngine } from '../../server/src/engine/memory/memory.ts';
import { commitProblem, Model, type ModelWrite } from '../model/model.ts';
import type { Network } from '../support/network.ts';
import type { SeededRandom } from '../support/random.ts';
import type { ProcessClock, VirtualClock } from '../support/virtual-clock.ts';
import { type Histories, modelOf } from '../validate/history.ts';
import { copyOf, twinOf } from './disk-copy.ts';
import type { Journal } from './journal.ts';

interface ServerHostOptions {
  readonly clock: VirtualClock;
  readonly random: SeededRandom;
  readonly network: Network;
  /** What each write asked for, by its request id. */
  readonly writes: ReadonlyMap<string, ModelWrite>;
  readonly journal: Journal;
  /** A write waits up to this long for the disk; a crash meanwhile loses it. */
  readonly diskMaxMs: number;
  /** What the server puts off to a later turn waits up to this long, and turns are short. */
  readonly busyMaxMs: number;
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
  /** At which revision, by history and request id. */
  readonly #done = new Map<string, number>();
  readonly #revisions = new Map<string, number[]>();
  #disk = new MemoryDisk();
  /** The one that the disk holds, once a server was started on it. */
  #history: string | undefined;
  #backup: { readonly disk: MemoryDisk; readonly history: string } | undefined;
  /** The history that the next start continues under another name. */
  #restored: { readonly model: Model; readonly done: MemoryDisk['outcomes'] } | undefined;
  #ids = 0;
  #running:
    | { readonly core: Core; readonly engine: Engine; readonly process: ProcessClock }
    | undefined;

  constructor(options: ServerHostOptions) {
    this.#options = options;
    this.#random = options.random;
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
    const { clock, network, busyMaxMs } = this.#options;
    const process = clock.scope();
    const newId = () => `server-${++this.#ids}`;
    const engine = openMemoryEngine({
      clock: process.clock,
      newId,
      disk: this.#disk,
      // With few, a position is soon older than the deletes that are known.
      deletionsMax: this.#random.pick([5, 1_000]),
    });
    this.#history ??= this.#begin(engine.epoch);
    for (const { id } of engine.timelines.slice(-1)) this.#histories.set(id, this.#history);
    const core = new Core({
      engine: this.#watched(engine, process),
      runtime: {
        clock: busyMaxMs > 0 ? hurried(process.clock) : process.clock,
        random: this.#random.next,
        newId,
        defer: (run) => void process.clock.setTimer(this.#random.int(0, busyMaxMs), run),
      },
      log: (level, message, fields) => {
        if (level === 'error') this.problems.push(`${message} ${JSON.stringify(fields)}`);
      },
    });
    this.#running = { core, engine, process };
    network.host = (socket) => core.accept(socket);
  }

  /** `kill -9`: connections break, timers never fire, only the disk remains. */
  crash(): void {
    const { network } = this.#options;
    network.host = undefined;
    this.#running?.process.kill();
    this.#running = undefined;
    network.killServer();
  }

  async stop(): Promise<void> {
    this.thaw();
    this.#options.network.host = undefined;
    const running = this.#running;
    this.#running = undefined;
    await running?.core.stop();
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

  /** The disk is lost; a server that starts now has another epoch. */
  wipe(): void {
    this.crash();
    this.#disk = new MemoryDisk();
    this.#history = undefined;
    this.#restored = undefined;
  }

  backUp(): void {
    if (this.#history !== undefined)
      this.#backup = { disk: twinOf(this.#disk), history: this.#history };
  }

  /** The disk is replaced by the last backup, which goes on under another epoch. */
  restore(): void {
    if (this.#backup === undefined) return;
    const { disk, history } = this.#backup;
    this.#replace(copyOf(disk), modelOf(this.truth, history).copyAt(disk.revision));
  }

  /** The disk is replaced by the last backup, which keeps its epoch: nobody said that it is older. */
  putBack(): void {
    if (this.#backup === undefined) return;
    const { disk, history } = this.#backup;
    const { revision } = disk;
    const fork = { history, revision };
    this.#replace(twinOf(disk), modelOf(this.truth, history).copyAt(revision, fork));
  }

  #replace(disk: MemoryDisk, model: Model): void {
    this.crash();
    this.#disk = disk;
    this.#history = undefined;
    this.#restored = { model, done: new Map(disk.outcomes) };
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
    return this.#disk.compactedRevision;
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
    for (const [id, { revision }] of done) this.#done.set(`${history} ${id}`, revision);
    if (count > 0) {
      const state = model.at(model.revision);
      this.#options.journal.reset(new Map([...state].map(([path, { value }]) => [path, value])));
    }
    return history;
  }

  compact(revision: number): void {
    void this.#running?.engine.compact(revision);
  }

  get revision(): number {
    return this.#disk.revision;
  }

  /** The engine, with a slow disk and every commit held against the model as it comes out. */
  #watched(engine: Engine, { clock }: ProcessClock): Engine {
    const judge = (commits: readonly Commit[]) => {
      for (const commit of commits) this.#judge(commit);
    };
    const { diskMaxMs } = this.#options;
    let freeAt = 0;
    const commitLater = (request: CommitRequest) =>
      new Promise<CommitOutcome>((resolve, reject) => {
        freeAt = Math.max(freeAt, clock.now() + this.#random.int(0, diskMaxMs));
        clock.setTimer(freeAt - clock.now(), () => engine.commit(request).then(resolve, reject));
      });
    return new Proxy(engine, {
      get(target, property) {
        if (property === 'commit' && diskMaxMs > 0) return commitLater;
        if (property === 'onCommits')
          return (feed: (commits: readonly Commit[]) => void) =>
            target.onCommits((commits) => {
              judge(commits);
              feed(commits);
            });
        const value: unknown = Reflect.get(target, property, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  }

  /** S2 to S5. */
  #judge(commit: Commit): void {
    const logged = this.#disk.log.findLast((one) => one.commit.revision === commit.revision);
    const requestId = logged?.requestId ?? '';
    const { writes, journal, clock } = this.#options;
    const write = writes.get(requestId);
    const { model, history } = this;
    this.#committedAt.set(`${history} ${commit.revision}`, clock.now());
    this.#revisions.set(requestId, [...this.revisionsOf(requestId), commit.revision]);
    const once = `${history} ${requestId}`;
    if (this.#done.has(once)) this.problems.push(`S4 revision ${commit.revision}: done before`);
    this.#done.set(once, commit.revision);
    if (write === undefined || !journal.requestIds.has(requestId))
      this.problems.push(`S4 revision ${commit.revision}: nobody asked for it`);
    if (write === undefined) return;
    if (model.write(write) === 'conflict')
      this.problems.push(`S2 revision ${commit.revision}: its conditions did not hold`);
    else if (model.revision !== commit.revision)
      this.problems.push(`S5 revision ${commit.revision} came where ${model.revision} was next`);
    else {
      const problem = commitProblem(model, commit, '/');
      if (problem !== undefined) this.problems.push(`S3 ${problem}`);
    }
  }
}

/** Every other look at it finds that a slice of work has taken its time. */
function hurried(clock: Clock): Clock {
  let looks = 0;
  return {
    now: () => {
      looks += 1;
      return clock.now() + (looks % 2) * 9;
    },
    setTimer: clock.setTimer,
  };
}
