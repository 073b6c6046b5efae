import type { Client } from '../../../client/src/api.ts';
import { createClient } from '../../../client/src/client.ts';
import type { Lease } from '../../../client/src/coordination/api.ts';
import { Holder } from '../../../client/src/coordination/holder.ts';
import { SeededRandom } from '../../../shared/src/test-support/seeded-random.ts';
import type { ProcessClock } from '../../../shared/src/test-support/virtual-clock.ts';
import { JudgedServer } from '../../support/judged-server.ts';
import type { EngineName } from '../stores/simulated-store.ts';
import { storing } from '../stores/storing.ts';
import { LeaseJudge } from './judge.ts';

export interface LeaseRun {
  readonly seed: number;
  readonly steps: number;
  readonly engine: EngineName;
}

export interface Judgement {
  readonly problems: readonly string[];
  /** How many leases there were. */
  readonly leases: number;
}

/** A program that takes leases, on a machine of its own. */
interface Program {
  readonly name: string;
  readonly process: ProcessClock;
  readonly client: Client;
  readonly holder: Holder;
  state: 'running' | 'frozen' | 'killed';
}

/** So long after the last of it all leases of the dead are gone: the longest TTL, twice, as a server may start anew. */
const RECOVERY_MS = 45_000;
/** Time passes in pieces of this length, after each of which is looked at what is there. */
const PIECE_MS = 20;
const TTLS_MS = [2_000, 3_000, 8_000, 15_000];

/** Programs that hold leases, while links, machines and clocks do what they like. Returns what was wrong. */
export async function simulateLeases({ seed, steps, engine }: LeaseRun): Promise<Judgement> {
  const run = new Run(new SeededRandom(seed), engine);
  for (let step = 0; step < steps; step++) await run.act();
  return run.end();
}

class Run {
  readonly #random: SeededRandom;
  readonly #judged: JudgedServer;
  readonly #judge: LeaseJudge;
  #programs: Program[] = [];
  /** How far somebody sets the clock. Models of disks and clusters wait by it, and would do so for as long as it was set back. */
  readonly #steps: readonly number[];
  #names = 0;
  #paths = 0;

  constructor(random: SeededRandom, engine: EngineName) {
    this.#random = random;
    this.#steps = engine === 'lmdb' ? [-3_600_000, -5_000, 4_000] : [-3_000, 4_000];
    this.#judged = new JudgedServer({
      ...{ random: random.fork(), latencyMaxMs: 40, windowBytes: 1_000_000, busyMaxMs: 0 },
      ...storing(engine, random.fork(), random.pick([0, 30])),
    });
    this.#judge = new LeaseJudge(this.#judged.clock, () => this.#judged.server.model);
    this.#judged.server.start();
    for (let i = 0; i < 3; i++) this.#begin();
    this.#judged.client('watcher').mirror('/');
  }

  async act(): Promise<void> {
    const random = this.#random;
    const { network, server, clock } = this.#judged;
    const program = random.pick(this.#programs);
    const links = [...network.links].filter(({ owner }) => owner === program.name);
    const act = random.int(0, 13);
    if (act <= 3) void this.#take(program);
    else if (act === 4) for (const link of links) link.cut();
    else if (act === 5) for (const link of links) link.silence(random.pick(['up', 'down', 'both']));
    else if (act === 6) this.#freeze(program);
    else if (act === 7) this.#thaw(program);
    else if (act === 8 && random.chance(0.5)) this.#kill(program);
    else if (act === 9 && random.chance(0.3)) clock.step(random.pick(this.#steps));
    else if (act === 10 && server.isRunning) {
      server.crash();
      await this.#pass(random.pick([10, 500, 4_000]));
      server.start();
    } else if (act === 11) {
      server.freeze();
      await this.#pass(random.pick([10, 500, 4_000]));
      server.thaw();
    } else if (act === 12) void this.#judge.revokeOne(random);
    await this.#pass(random.pick([0, 20, 300, 1_500, 5_000]));
  }

  async end(): Promise<Judgement> {
    const { network, server, clock } = this.#judged;
    server.thaw();
    server.healDisk();
    if (!server.isRunning) server.start();
    for (const program of this.#programs) this.#thaw(program);
    for (const link of [...network.links]) link.cut();
    await this.#pass(RECOVERY_MS);
    this.#judge.end();
    const closing = this.#programs
      .filter(({ state }) => state !== 'killed')
      .map(({ client }) => client.close());
    await clock.advance(10_000);
    await Promise.all(closing);
    const problems = [...this.#judge.problems, ...this.#judged.problems, ...server.problems];
    return { problems, leases: this.#judge.count };
  }

  #begin(): void {
    const name = `program-${++this.#names}`;
    const { clock, network, operationHistory } = this.#judged;
    const process = clock.scope();
    let writes = 0;
    const client = createClient(
      ['http://server'],
      { client: { name }, onError: () => {} },
      {
        openSocket: network.opener(name),
        clock: process.clock,
        uptimeMs: process.uptimeMs,
        random: this.#random.fork().next,
        newId: () => {
          const id = `${name}-${++writes}`;
          operationHistory.requestIds.add(id);
          return id;
        },
      },
    );
    const holder = new Holder(client);
    this.#programs.push({ name, process, client, holder, state: 'running' });
  }

  /** Takes a lease, and puts some entries with it, as programs do. */
  async #take(program: Program): Promise<void> {
    if (program.state !== 'running') return;
    const ttlMs = this.#random.pick(TTLS_MS);
    const paths = Array.from({ length: this.#random.int(1, 3) }, () => `/l/${++this.#paths}`);
    try {
      const lease = await program.holder.grant({ ttlMs, timeoutMs: 20_000 });
      this.#judge.granted(lease, () => program.state);
      await this.#put(program.client, lease, paths);
    } catch {
      // What it was refused, or could not reach, is no matter here.
    }
  }

  async #put(client: Client, lease: Lease, paths: readonly string[]): Promise<void> {
    for (const path of paths)
      await client.set(path, '1', { lease: lease.id, timeoutMs: 20_000 }).then(
        () => this.#judge.put(lease, path),
        () => {},
      );
  }

  #freeze(program: Program): void {
    if (program.state !== 'running') return;
    program.state = 'frozen';
    program.process.freeze();
    this.#judged.network.freeze(program.name);
  }

  #thaw(program: Program): void {
    if (program.state !== 'frozen') return;
    program.state = 'running';
    program.process.thaw();
    this.#judged.network.thaw(program.name);
  }

  #kill(program: Program): void {
    program.state = 'killed';
    program.process.kill();
    for (const link of [...this.#judged.network.links]) if (link.owner === program.name) link.cut();
    this.#programs = this.#programs.filter((one) => one !== program);
    this.#begin();
  }

  async #pass(ms: number): Promise<void> {
    for (let passed = 0; passed <= ms; passed += PIECE_MS) {
      await this.#judged.clock.advance(Math.min(PIECE_MS, ms - passed));
      this.#judge.look();
    }
  }
}
