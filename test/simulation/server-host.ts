import type { Commit } from '@confer/shared';
import { Core } from '../../server/src/core.ts';
import type { Engine } from '../../server/src/engine/engine.ts';
import { MemoryDisk, openMemoryEngine } from '../../server/src/engine/memory.ts';
import { commitProblem, Model, type ModelWrite } from '../model/model.ts';
import type { Network } from '../support/network.ts';
import type { SeededRandom } from '../support/random.ts';
import type { VirtualClock } from '../support/virtual-clock.ts';

/** A machine that a server runs on: it is started, killed, stopped and wiped. */
export class ServerHost {
  readonly #clock: VirtualClock;
  readonly #random: SeededRandom;
  readonly #network: Network;
  /** What each write asked for, by its request id. */
  readonly #writes: ReadonlyMap<string, ModelWrite>;
  readonly truth = new Map<string, Model>();
  readonly problems: string[] = [];
  readonly #done = new Set<string>();
  #disk = new MemoryDisk();
  #ids = 0;
  #running: { readonly core: Core; readonly engine: Engine; readonly kill: () => void } | undefined;

  constructor(options: {
    clock: VirtualClock;
    random: SeededRandom;
    network: Network;
    writes: ReadonlyMap<string, ModelWrite>;
  }) {
    this.#clock = options.clock;
    this.#random = options.random;
    this.#network = options.network;
    this.#writes = options.writes;
  }

  get isRunning(): boolean {
    return this.#running !== undefined;
  }

  /** The newest state there is. */
  get model(): Model {
    const model = this.truth.get(this.#disk.epoch ?? '');
    if (model === undefined) throw new Error('the server was never started');
    return model;
  }

  start(): void {
    const scope = this.#clock.scope();
    const newId = () => `server-${++this.#ids}`;
    const engine = openMemoryEngine({ clock: scope.clock, newId, disk: this.#disk });
    if (!this.truth.has(engine.epoch)) this.truth.set(engine.epoch, new Model());
    const core = new Core({
      engine: this.#watched(engine),
      runtime: {
        clock: scope.clock,
        random: this.#random.next,
        newId,
        defer: (run) => void scope.clock.setTimer(0, run),
      },
      log: (level, message, fields) => {
        if (level === 'error') this.problems.push(`${message} ${JSON.stringify(fields)}`);
      },
    });
    this.#running = { core, engine, kill: scope.kill };
    this.#network.host = (socket) => core.accept(socket);
  }

  /** `kill -9`: connections break, timers never fire, only the disk remains. */
  crash(): void {
    this.#network.host = undefined;
    this.#running?.kill();
    this.#running = undefined;
    this.#network.cutAll();
  }

  async stop(): Promise<void> {
    this.#network.host = undefined;
    const running = this.#running;
    this.#running = undefined;
    await running?.core.stop();
  }

  /** The disk is lost; a server that starts now has another epoch. */
  wipe(): void {
    this.crash();
    this.#disk = new MemoryDisk();
  }

  compact(revision: number): void {
    void this.#running?.engine.compact(revision);
  }

  get revision(): number {
    return this.#disk.revision;
  }

  /** The engine, with every commit held against the model as it comes out (S3, S4, S5). */
  #watched(engine: Engine): Engine {
    const judge = (commits: readonly Commit[]) => {
      for (const commit of commits) this.#judge(commit);
    };
    return new Proxy(engine, {
      get(target, property) {
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

  #judge(commit: Commit): void {
    const logged = this.#disk.log.findLast((one) => one.commit.revision === commit.revision);
    const write = this.#writes.get(logged?.requestId ?? '');
    const { model } = this;
    const once = `${this.#disk.epoch} ${logged?.requestId}`;
    if (this.#done.has(once)) this.problems.push(`S4 revision ${commit.revision}: done before`);
    this.#done.add(once);
    if (write === undefined) this.problems.push(`revision ${commit.revision}: nobody wrote it`);
    else if (model.write(write) === 'conflict')
      this.problems.push(`S2 revision ${commit.revision}: its conditions did not hold`);
    else if (model.revision !== commit.revision)
      this.problems.push(`S5 revision ${commit.revision} came where ${model.revision} was next`);
    else {
      const problem = commitProblem(model, commit, '/');
      if (problem !== undefined) this.problems.push(`S3 ${problem}`);
    }
  }
}
