import type { Clock, Random } from '@confer/shared';
import { type EngineMeasures, UNMEASURED } from '../../measures.ts';
import { inTurns } from '../cooperative-steps.ts';
import type { Engine, EngineManifest, Timeline } from '../engine.ts';
import { Feed } from '../feed.ts';
import { Replica } from '../replica/replica.ts';
import { Retention, type RetentionLimits } from '../retention.ts';
import { Barrier } from './barrier.ts';
import type { EtcdCluster } from './client/cluster.ts';
import { Members } from './client/members.ts';
import { EpochGuard } from './epoch/epoch-guard.ts';
import { MemberLooks } from './epoch/member-looks.ts';
import { GatewayHealth } from './gateway-health.ts';
import { GatewayMaintenance } from './gateway-maintenance.ts';
import { GatewayReads } from './gateway-reads.ts';
import { Keyspace } from './keyspace/keyspace.ts';
import { GatewayLeases } from './leases/gateway-leases.ts';
import type { AssemblyContext } from './upstream/assemble.ts';
import { beginState } from './upstream/opening.ts';
import { Upstream } from './upstream/upstream.ts';
import { pause, RevisionWaiters } from './waiting.ts';
import { REQUEST_BYTES_MAX } from './writing/etcd-limits.ts';
import { TxnSender } from './writing/txn-sender.ts';
import { Writer } from './writing/writer.ts';

export interface EtcdEngineOptions {
  readonly cluster: EtcdCluster;
  /** Of all keys that are Confer's. */
  readonly prefix: string;
  readonly clock: Clock;
  /** Milliseconds that this process has run, whatever is done to its clock. */
  readonly uptimeMs: () => number;
  readonly random: Random;
  readonly newId: () => string;
  readonly defer: (run: () => void) => void;
  /** Whether a compaction is the cluster's, too: everybody who uses it loses history by that. */
  readonly compactsCluster?: boolean;
  readonly tombstonesMax?: number;
  /** So often what is shown is compared with what the cluster has. Default: five minutes. */
  readonly auditMs?: number;
  readonly retention?: RetentionLimits;
  readonly measures?: EngineMeasures;
  readonly onNotice?: (notice: string) => void;
}

/**
 * Makes this server a gateway over an etcd cluster, which decides and keeps everything: what is here is a replica
 * that can be thrown away. Resolves when the replica is as new as the cluster was.
 */
export async function openEtcdEngine(options: EtcdEngineOptions): Promise<Engine> {
  const { cluster, clock, uptimeMs, random, newId, defer, tombstonesMax } = options;
  const { onNotice = () => {} } = options;
  const keyspace = new Keyspace(options.prefix);
  const members = new Members(cluster, random());
  const looks = new MemberLooks(keyspace, onNotice);
  const guard = new EpochGuard({
    keyspace,
    newId,
    membersCount: members.count,
    onNotice,
    look: (member) => looks.look(member),
  });
  try {
    await looks.requireOneCluster(cluster.members);
    const { snapshot, revision } = await beginState({
      members,
      keyspace,
      guard,
      clock,
      random,
      uptimeMs,
    });
    const replica = new Replica(snapshot.floor, tombstonesMax);
    await inTurns(replica.load(snapshot.entries), defer);
    const state = { keyspace, replica, sidecars: snapshot.sidecars };
    const gateway = new EtcdEngine({ ...options, onNotice }, { members, looks, guard, state });
    await gateway.begin(Math.max(snapshot.compacted, snapshot.floor), revision);
    return gateway;
  } catch (error) {
    cluster.close();
    throw error;
  }
}

/** How long a gateway that stops tries to learn what became of writes. */
const SETTLE_MS = 5_000;

/** As often as Kubernetes compares its cache with etcd. */
const AUDIT_MS = 5 * 60_000;

interface Parts {
  readonly members: Members;
  readonly looks: MemberLooks;
  readonly guard: EpochGuard;
  readonly state: AssemblyContext;
}

class EtcdEngine implements Engine {
  readonly name = 'etcd';
  readonly supports: EngineManifest = {
    durable: true,
    remembersDeletes: false,
    gapless: false,
    ordered: false,
    shared: true,
    commitBytesMax: REQUEST_BYTES_MAX,
  };
  readonly epoch: string;
  readonly timelines: readonly Timeline[];
  readonly reads: GatewayReads;
  readonly writes: Writer;
  readonly leases: GatewayLeases;
  readonly feed = new Feed();
  readonly health = new GatewayHealth();
  readonly maintenance: GatewayMaintenance;
  readonly #cluster: EtcdCluster;
  readonly #clock: Clock;
  readonly #upstream: Upstream;
  readonly #waiters: RevisionWaiters;
  readonly #retention: Retention | undefined;
  #closed: string | undefined;

  constructor(
    options: EtcdEngineOptions & { readonly onNotice: (notice: string) => void },
    { members, looks, guard, state }: Parts,
  ) {
    const { cluster, clock, uptimeMs, random, defer, onNotice, retention } = options;
    const { compactsCluster = true, auditMs = AUDIT_MS, measures = UNMEASURED } = options;
    const { keyspace, replica } = state;
    const { health, feed } = this;
    this.#cluster = cluster;
    this.#clock = clock;
    this.epoch = guard.id;
    this.timelines = [{ id: guard.id, from: 0 }];
    const waiters = new RevisionWaiters(clock, () => replica.revision);
    this.#waiters = waiters;
    const own = { members, state, keyspace, waiters };
    const common = { ...own, clock, uptimeMs, random, defer, measures, onNotice };
    const onEnd = (reason: string) => this.#end(reason);
    const upstream = new Upstream({ ...common, looks, guard, feed, health, auditMs, onEnd });
    this.#upstream = upstream;
    const behind = () => (health.current.kind === 'behind' ? health.current.reason : undefined);
    const closed = () => this.#closed ?? behind();
    const onStrange = (reason: string) => upstream.look(reason);
    const head = () => state.sidecars.head;
    const barrier = new Barrier({ ...common, behind, head, onStrange });
    const sender = new TxnSender({
      ...common,
      behind,
      closed: () => this.#closed,
      shown: () => replica.revision,
      onStrange,
      onRefusal: (reason) =>
        health.setDegraded(reason === undefined ? undefined : { since: clock.now(), reason }),
    });
    const line = () => guard.line;
    this.reads = new GatewayReads(replica, { barrier, waiters, nudge: () => upstream.nudge() });
    this.leases = new GatewayLeases({ ...common, closed });
    const { reads } = this;
    const reach = async (revision: number, withinMs: number) => reads.reach(revision, withinMs);
    this.writes = new Writer({ ...common, sender, barrier, closed, line, reach, onStrange });
    this.maintenance = new GatewayMaintenance({
      ...common,
      reads,
      sender,
      upstream,
      compactsCluster,
    });
    this.#retention = retention && new Retention(this, clock, retention, onNotice);
  }

  /** Follows the cluster, and resolves once everything up to a revision is shown. */
  async begin(compacted: number, revision: number): Promise<void> {
    await this.#upstream.compactTo(compacted);
    this.#upstream.start();
    if (await this.#upstream.catchUpTo(revision)) return;
    await this.close();
    throw new Error('etcd answers, but its watch does not bring what is there');
  }

  async close(): Promise<void> {
    this.#retention?.stop();
    // What is in doubt by then stays so.
    await Promise.race([this.writes.idle(), pause(this.#clock, SETTLE_MS)]);
    this.#end('the server stops');
    this.#cluster.close();
  }

  #end(reason: string): void {
    this.#closed ??= reason;
    this.#upstream.stop();
    this.#waiters.end();
    this.#retention?.stop();
  }
}
