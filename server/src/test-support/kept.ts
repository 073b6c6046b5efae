import type { Clock } from '@confer/shared';
import { afterAll, afterEach } from 'vitest';
import type { Engine, EngineFeed, EngineLeases } from '../engine/engine.ts';
import type { EtcdCluster, EtcdMember } from '../engine/etcd/client/cluster.ts';
import { connectCluster } from '../engine/etcd/client/grpc-cluster.ts';
import { openEtcdEngine } from '../engine/etcd/etcd-engine.ts';
import { Feed } from '../engine/feed.ts';
import { MemoryDisk } from '../engine/memory/disk.ts';
import { openMemoryEngine } from '../engine/memory/memory.ts';
import { systemRuntime } from '../runtime.ts';
import { EtcdProcess } from './etcd-process.ts';

/** The tests of what is above engines run on a gateway over a real etcd: `CONFER_TEST_ENGINE=etcd vitest run ...`. */
export const ON_ETCD = process.env.CONFER_TEST_ENGINE === 'etcd';

interface KeptOptions {
  /** Deletes that are known beyond compaction. */
  readonly tombstonesMax?: number;
}

interface OpenOptions {
  /** What time it is; what waits for a cluster waits in real time. */
  readonly clock: Clock;
  readonly newId: () => string;
}

/** An engine that a core is to have. */
interface Opened {
  readonly engine: Engine;
  /** Whether all that was asked of it is done and told. */
  readonly isSettled: () => boolean;
}

/**
 * What a core leaves behind for the next one, which has no recent commits in memory, so that the engine's history
 * decides. A memory engine is opened anew on the same disk. A gateway that starts anew has no history of its own, so
 * that the next core goes on with the same gateway.
 */
export class Kept {
  readonly disk = new MemoryDisk();
  readonly #options: KeptOptions;
  /** The revisions of commits, in order, after the one that it began with. */
  readonly #revisions: number[] = [];
  #gateway: TestGateway | undefined;

  constructor(options: KeptOptions = {}) {
    this.#options = options;
  }

  /**
   * The revision of the commit of that number, of all that were made here; 0: that before the first. A memory engine
   * counts them so itself, and a cluster's revisions have gaps.
   */
  revisionOf(number: number): number {
    if (!ON_ETCD) return number;
    const revision = number === 0 ? this.#gateway?.begun : this.#revisions[number - 1];
    if (revision === undefined) throw new Error(`there is no commit ${number} yet`);
    return revision;
  }

  async open({ clock, newId }: OpenOptions): Promise<Opened> {
    if (!ON_ETCD) {
      const engine = openMemoryEngine({ clock, newId, disk: this.disk, ...this.#options });
      return { engine, isSettled: () => true };
    }
    this.#gateway ??= await TestGateway.open(clock, this.#options, (revision) =>
      this.#revisions.push(revision),
    );
    const gateway = this.#gateway;
    return { engine: gateway.forNextCore(), isSettled: () => gateway.isSettled };
  }
}

let etcd: Promise<EtcdProcess> | undefined;
let gateways: TestGateway[] = [];
let prefixes = 0;

if (ON_ETCD) {
  afterEach(async () => {
    await Promise.all(gateways.map((gateway) => gateway.close()));
    gateways = [];
  });
  afterAll(async () => (await etcd)?.remove());
}

/** A gateway over the etcd of a test file, at a prefix of its own, of which it is known when it is done. */
class TestGateway {
  /** The revision that it began with. */
  readonly begun: number;
  readonly #engine: Engine;
  readonly #doings: Doings;
  #feed = new Feed();

  private constructor(engine: Engine, doings: Doings, onCommit: (revision: number) => void) {
    this.#engine = engine;
    this.#doings = doings;
    this.begun = engine.reads.revision;
    engine.feed.consume((event) => {
      if (event.kind === 'commits') for (const { revision } of event.commits) onCommit(revision);
      this.#feed.tell(event);
    });
  }

  static async open(
    clock: Clock,
    options: KeptOptions,
    onCommit: (revision: number) => void,
  ): Promise<TestGateway> {
    etcd ??= EtcdProcess.alone();
    const { url } = await etcd;
    const { defer, uptimeMs, random, newId } = systemRuntime;
    const doings = new Doings();
    const engine = await openEtcdEngine({
      cluster: doings.noting(connectCluster({ endpoints: [url], defer })),
      prefix: `/test-${prefixes++}/`,
      clock: { now: () => clock.now(), setTimer: systemRuntime.clock.setTimer },
      ...{ defer, uptimeMs, random, newId },
      ...options,
    });
    doings.count(engine);
    // What a gateway writes when it begins comes after that.
    while (!doings.areDone(engine)) await new Promise((resume) => setImmediate(resume));
    const gateway = new TestGateway(engine, doings, onCommit);
    gateways.push(gateway);
    return gateway;
  }

  get isSettled(): boolean {
    return this.#doings.areDone(this.#engine);
  }

  /** The engine as another core gets it; the one before is told of nothing more. */
  forNextCore(): Engine {
    this.#feed = new Feed();
    const feed: EngineFeed = this.#feed;
    const { name, supports, epoch, timelines, reads, writes, health, maintenance } = this.#engine;
    const same = { name, supports, epoch, timelines, reads, writes, health, maintenance };
    const { leases } = this.#engine;
    return { ...same, ...(leases && { leases }), feed, close: () => this.#engine.close() };
  }

  async close(): Promise<void> {
    await this.#engine.close();
  }
}

/** What a gateway is asked and asks its cluster. */
class Doings {
  #pending = 0;
  /** The newest revision that the cluster has named. */
  #newest = 0;

  /** Nothing is pending, and all that the cluster did is shown. */
  areDone({ reads }: Engine): boolean {
    return this.#pending === 0 && reads.revision >= this.#newest;
  }

  count({ reads, writes, maintenance, leases }: Engine): void {
    const [barrier, reach] = [reads.barrier.bind(reads), reads.reach.bind(reads)];
    const commit = writes.commit.bind(writes);
    const compact = maintenance.compact.bind(maintenance);
    reads.barrier = () => {
      const passed = barrier();
      return passed && this.#during(passed);
    };
    reads.reach = (revision, withinMs) => {
      const reached = reach(revision, withinMs);
      return typeof reached === 'boolean' ? reached : this.#during(reached);
    };
    writes.commit = (request) => this.#during(commit(request));
    maintenance.compact = (revision) => this.#during(compact(revision));
    if (leases !== undefined) this.#countLeases(leases);
  }

  #countLeases(leases: EngineLeases): void {
    const [grant, keepAlive] = [leases.grant.bind(leases), leases.keepAlive.bind(leases)];
    const [remainingMs, revoke] = [leases.remainingMs.bind(leases), leases.revoke.bind(leases)];
    leases.grant = (id, ttlMs) => this.#during(grant(id, ttlMs));
    leases.keepAlive = (ids) => this.#during(keepAlive(ids));
    leases.remainingMs = (id) => this.#during(remainingMs(id));
    leases.revoke = (id, actor) => this.#during(revoke(id, actor));
  }

  noting(cluster: EtcdCluster): EtcdCluster {
    const members = cluster.members.map((member) => this.#notingMember(member));
    return { members, close: () => cluster.close() };
  }

  #notingMember(member: EtcdMember): EtcdMember {
    const noted = async <Answer extends { readonly header: { readonly revision: number } }>(
      answer: Promise<Answer>,
    ): Promise<Answer> => {
      const { header } = await this.#during(answer);
      this.#newest = Math.max(this.#newest, header.revision);
      return answer;
    };
    return {
      name: member.name,
      leases: member.leases,
      range: (request, options) => noted(member.range(request, options)),
      txn: (request, options) => noted(member.txn(request, options)),
      compact: (revision, options) => member.compact(revision, options),
      status: (options) => member.status(options),
      watch: (request, handlers) => member.watch(request, handlers),
    };
  }

  async #during<Answer>(doing: Promise<Answer>): Promise<Answer> {
    this.#pending++;
    try {
      return await doing;
    } finally {
      this.#pending--;
    }
  }
}
