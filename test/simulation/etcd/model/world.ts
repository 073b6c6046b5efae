import type { LeaseTtl, RequestOp } from '../../../../server/src/engine/etcd/client/messages.ts';
import type { SeededRandom } from '../../../../shared/src/test-support/seeded-random.ts';
import type { VirtualClock } from '../../../../shared/src/test-support/virtual-clock.ts';
import type { History, Origin } from './history.ts';

/** A stream, as whoever disturbs it sees it. */
export interface OpenStream {
  /** A network that swallows everything, and says nothing. */
  isSilent: boolean;
  cut(): void;
}

/** The leases of the cluster. */
export interface Leases {
  /** Rejects what would be put with one that is not there. */
  requireFor(operations: readonly RequestOp[]): void;
  grant(id: string, ttlS: number): void;
  keepAlive(id: string): LeaseTtl;
  timeToLive(id: string): LeaseTtl;
  end(history: History, id: string, origin: Origin): void;
}

/** What members, and what is at them, know of the cluster. */
export interface World {
  readonly clock: VirtualClock;
  readonly random: SeededRandom;
  readonly version: string;
  readonly isProgressSound: boolean;
  readonly history: History;
  readonly leases: Leases;
  readonly clusterId: string;
  readonly hasLeader: boolean;
  readonly isFull: boolean;
  /** Which part of the calls goes wrong on its way. */
  readonly failureRate: number;
  /** All that are open. */
  readonly streams: Set<OpenStream>;
  /** Adds to the log, which members come to when they do. */
  propose<Result>(apply: (history: History) => Result): Result;
}
