import type { EtcdCluster } from '../../../../server/src/engine/etcd/client/cluster.ts';
import type { TxnRequest } from '../../../../server/src/engine/etcd/client/messages.ts';
import type { SeededRandom } from '../../../../shared/src/test-support/seeded-random.ts';
import type { VirtualClock } from '../../../../shared/src/test-support/virtual-clock.ts';
import { applyTxn } from './apply.ts';
import { type Applied, History } from './history.ts';
import { ModelLeases } from './leases.ts';
import { Connection } from './model-connection.ts';
import { ModelMember } from './model-member.ts';
import type { OpenStream, World } from './world.ts';

export interface ModelEtcdOptions {
  readonly clock: VirtualClock;
  readonly random: SeededRandom;
  readonly version: string;
  /** Whether an answer to a request for progress never overtakes events, as in newer versions. */
  readonly isProgressSound: boolean;
}

/** What a gateway has of the model. */
export interface ModelCluster extends EtcdCluster {
  /** The process of the gateway is gone: nothing reaches it, and what it sent is under way yet. */
  kill(): void;
}

/** A copy of the state at a moment, as `etcdctl snapshot save` makes it. */
export interface Backup {
  readonly history: History;
  readonly applied: Applied;
}

const MEMBERS = 3;

/** An etcd cluster: one truth, and members that are behind it by some time. */
export class ModelEtcd implements World {
  readonly clock: VirtualClock;
  readonly random: SeededRandom;
  readonly version: string;
  readonly isProgressSound: boolean;
  readonly members: readonly ModelMember[];
  readonly leases: ModelLeases;
  /** All there were; the last is the one that is. */
  readonly histories: [History, ...History[]] = [new History()];
  /** When what gateways go by was put back, or deleted by hand. */
  readonly upheavals: number[] = [];
  clusterId = '14841639068965178418';
  hasLeader = true;
  /** The quota is spent. */
  isFull = false;
  readonly streams = new Set<OpenStream>();
  failureRate = 0;

  constructor({ clock, random, version, isProgressSound }: ModelEtcdOptions) {
    this.clock = clock;
    this.random = random;
    this.version = version;
    this.isProgressSound = isProgressSound;
    this.leases = new ModelLeases(this);
    this.members = Array.from({ length: MEMBERS }, (_, i) => new ModelMember(this, i));
  }

  get history(): History {
    return this.histories.at(-1) ?? this.histories[0];
  }

  /** A client with its connections to all members; its name is what it writes is remembered by. */
  connect(name: string): ModelCluster {
    const members = this.members.map((member) => new Connection(this, member, name));
    return {
      members,
      close: () => {
        for (const member of members) member.close();
      },
      kill: () => {
        for (const member of members) member.kill();
      },
    };
  }

  propose<Result>(apply: (history: History) => Result): Result {
    try {
      return apply(this.history);
    } finally {
      for (const member of this.members) member.followSoon();
    }
  }

  /** Somebody else writes, with a tool of etcd that is well connected. */
  writeBeside(txn: TxnRequest): void {
    const now = this.clock.now();
    const origin = { name: 'etcdctl', sentAt: now, madeAt: now };
    this.propose((history) => applyTxn(history, txn, origin));
  }

  backUp(): Backup {
    const { history } = this;
    return { history, applied: history.last };
  }

  /**
   * All members are stopped, and started with the state of a backup: the raft log begins anew, and unless somebody
   * names another token the cluster keeps its identity. Takes a while, as no call outlives it.
   */
  restore(backup: Backup, { downMs, clusterId }: { downMs: number; clusterId?: string }): void {
    this.upheavals.push(this.clock.now());
    for (const member of this.members) member.stop();
    this.histories.push(new History(backup));
    this.clusterId = clusterId ?? this.clusterId;
    for (const member of this.members) {
      member.forget();
      this.clock.setTimer(downMs, () => member.start());
    }
  }
}
