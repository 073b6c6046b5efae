import type { SeededRandom } from '../../../../shared/src/test-support/seeded-random.ts';
import type { VirtualClock } from '../../../../shared/src/test-support/virtual-clock.ts';
import type { History } from './history.ts';

/** A stream, as whoever disturbs it sees it. */
export interface OpenStream {
  /** A network that swallows everything, and says nothing. */
  isSilent: boolean;
  cut(): void;
}

/** What members, and what is at them, know of the cluster. */
export interface World {
  readonly clock: VirtualClock;
  readonly random: SeededRandom;
  readonly version: string;
  readonly isProgressSound: boolean;
  readonly history: History;
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
