import type { Commit } from '@confer/shared';
import type { Administration } from '../../../server/src/auth/auth.ts';
import type { Principal } from '../../../server/src/auth/principal.ts';
import { ADMIN, RoleRights } from '../../../server/src/auth/rights.ts';
import { Core } from '../../../server/src/core.ts';
import type { Engine, FeedConsumer } from '../../../server/src/engine/engine.ts';
import type { SeededRandom } from '../../../shared/src/test-support/seeded-random.ts';
import type { ProcessClock, VirtualClock } from '../../../shared/src/test-support/virtual-clock.ts';
import type { Network } from '../../support/network.ts';
import type { SimulatedStore } from '../stores/simulated-store.ts';

export interface GuardedHostOptions {
  readonly clock: VirtualClock;
  readonly random: SeededRandom;
  readonly network: Network;
  readonly store: SimulatedStore;
  readonly busyMaxMs: number;
  readonly onCommit: (commit: Commit) => void;
  /** All that came out of the store up to a revision has been handed on. */
  readonly onSettled: (revision: number) => void;
  readonly onProblem: (problem: string) => void;
}

/** Who says who may do what, in the simulation. */
const ROOT: Principal = {
  name: 'root',
  kind: 'token',
  roles: ['admin'],
  rights: new RoleRights([ADMIN]),
};

/** A machine with a server that asks who everybody is. It is killed, and started again. */
export class GuardedHost {
  readonly #options: GuardedHostOptions;
  #process: ProcessClock | undefined;
  #core: Core | undefined;
  #engine: Engine | undefined;
  #ids = 0;

  constructor(options: GuardedHostOptions) {
    this.#options = options;
  }

  get engine(): Engine | undefined {
    return this.#engine;
  }

  async start(): Promise<void> {
    const { clock, store, random, onCommit } = this.#options;
    const process = clock.scope();
    this.#process = process;
    const newId = () => `server-${++this.#ids}`;
    const opening = store.open({
      clock: process.clock,
      newId,
      tombstonesMax: random.pick([5, 1_000]),
      defer: (run) => void process.clock.setTimer(0, run),
    });
    const engine = await this.#opened(opening);
    if (this.#process !== process) return;
    // What came out of a process that died before it told anybody.
    for (const commit of engine.reads.history(this.#seen)) onCommit(commit);
    this.#settle(engine.reads.revision);
    this.#engine = engine;
    this.#core = this.#serve(engine, process, newId);
  }

  #seen = 0;

  crash(): void {
    const { network, store } = this.#options;
    network.host = undefined;
    store.kill?.();
    this.#process?.kill();
    this.#process = undefined;
    this.#core = undefined;
    this.#engine = undefined;
    network.killServer();
  }

  /** Changes who may do what. A change that is refused, or lost with its server, is none. */
  administrate(
    change: (administration: Administration, root: Principal) => Promise<unknown>,
  ): void {
    const administration = this.#core?.administration;
    if (administration !== undefined) change(administration, ROOT).catch(() => {});
  }

  async #opened(opening: Engine | Promise<Engine>): Promise<Engine> {
    if (!(opening instanceof Promise)) return opening;
    let engine: Engine | undefined;
    opening.then(
      (opened) => {
        engine = opened;
      },
      (error) => this.#options.onProblem(`it does not open: ${error}`),
    );
    for (let i = 0; engine === undefined && i < 1_000; i++) await this.#options.clock.advance(10);
    if (engine === undefined) throw new Error('the store does not open');
    return engine;
  }

  #serve(engine: Engine, process: ProcessClock, newId: () => string): Core {
    const { random, network, busyMaxMs, onProblem } = this.#options;
    const core = new Core({
      engine: this.#watched(engine),
      runtime: {
        clock: process.clock,
        uptimeMs: process.uptimeMs,
        random: random.next,
        newId,
        newSecret: (length) => String(++this.#ids).padStart(length, '0'),
        defer: (run) => void process.clock.setTimer(random.int(0, busyMaxMs), run),
      },
      log: (level, message, fields) => {
        if (level === 'error') onProblem(`${message} ${JSON.stringify(fields)}`);
      },
      auth: { bootstrap: () => undefined },
    });
    network.host = (socket) => core.accept(socket);
    return core;
  }

  #watched(engine: Engine): Engine {
    const consume = (consumer: FeedConsumer) =>
      engine.feed.consume((event) => {
        if (event.kind === 'commits')
          for (const commit of event.commits) this.#options.onCommit(commit);
        consumer(event);
        this.#settle(engine.reads.revision);
      });
    const { name, supports, epoch, timelines, reads, writes, health, maintenance } = engine;
    const same = { name, supports, epoch, timelines, reads, writes, health, maintenance };
    const leases = engine.leases === undefined ? {} : { leases: engine.leases };
    return { ...same, ...leases, feed: { consume }, close: () => engine.close() };
  }

  #settle(revision: number): void {
    this.#seen = revision;
    this.#options.onSettled(revision);
  }
}
