import type { CommitOutcome } from '../store/store.ts';
import type { Ending } from './endings.ts';
import type { Lease } from './lease.ts';
import type { LeaseObserver } from './lease-table.ts';

/** What ends leases: this server by its own timers, or an engine that keeps leases itself. */
export interface LeaseKeeping extends LeaseObserver {
  /** Before the entry of a lease is written. */
  prepare(lease: Lease): Promise<void> | undefined;
  /** It is known which leases there are, and what goes with each. `orphaned`: what goes with none that is there. */
  start(orphaned: Iterable<string>): void;
  /** That has to be found out anew. */
  pause(): void;
  stop(): void;
  /** Those that have their whole TTL again; the others are over. */
  keepAlive(leases: readonly Lease[]): readonly Lease[] | Promise<readonly Lease[]>;
  /** `undefined` where that is not known without asking others. */
  remainingMs(lease: Lease): number | undefined;
  /** The same, where others are asked. */
  askRemainingMs(lease: Lease): Promise<number | undefined> | undefined;
  /** Ends a lease, with all that goes with it. `lease`: what is known of it; it may be over. */
  end(id: string, lease: Lease | undefined, ending: Ending): Promise<CommitOutcome>;
  /** Runs a write that attaches entries: `entries` says how many, by lease. */
  attach<Result>(entries: ReadonlyMap<string, number>, run: () => Promise<Result>): Promise<Result>;
  /** Entries that are being attached. */
  attachingTo(id: string): number;
}
