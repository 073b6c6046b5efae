import type { Log } from '../log.ts';
import type { Runtime } from '../runtime.ts';
import type { CommitOutcome, Store } from '../store/store.ts';
import { Attaching } from './attaching.ts';
import { type Ending, Endings } from './endings.ts';
import type { LeaseKeeping } from './keeping.ts';
import type { Lease } from './lease.ts';
import type { LeaseTable } from './lease-table.ts';
import { LeaseTimers } from './lease-timers.ts';

export interface OwnKeepingParts {
  readonly store: Store;
  readonly table: LeaseTable;
  readonly runtime: Pick<Runtime, 'clock' | 'uptimeMs' | 'newId'>;
  readonly log: Log;
}

/** Leases of a store that this server alone writes: it ends them itself. */
export class OwnKeeping implements LeaseKeeping {
  readonly #attaching = new Attaching();
  readonly #endings: Endings;
  readonly #timers: LeaseTimers;

  constructor({ store, table, runtime, log }: OwnKeepingParts) {
    this.#endings = new Endings({ store, table, attaching: this.#attaching });
    this.#timers = new LeaseTimers({ runtime, log, endings: this.#endings });
  }

  prepare(): undefined {
    return undefined;
  }

  begun(lease: Lease): void {
    this.#timers.begun(lease);
  }

  over(lease: Lease): void {
    this.#timers.over(lease);
  }

  start(orphaned: Iterable<string>): void {
    this.#timers.start(orphaned);
  }

  pause(): void {
    this.#timers.pause();
  }

  stop(): void {
    this.#timers.stop();
  }

  keepAlive(leases: readonly Lease[]): readonly Lease[] {
    return leases.filter((lease) => this.#timers.keepAlive(lease));
  }

  remainingMs(lease: Lease): number {
    return this.#timers.remainingMs(lease);
  }

  askRemainingMs(): undefined {
    return undefined;
  }

  end(id: string, _: Lease | undefined, ending: Ending): Promise<CommitOutcome> {
    return this.#endings.end(id, ending);
  }

  async attach<Result>(
    entries: ReadonlyMap<string, number>,
    run: () => Promise<Result>,
  ): Promise<Result> {
    for (const id of entries.keys()) {
      const ending = this.#endings.settled(id);
      if (ending === undefined) continue;
      await ending;
      return this.attach(entries, run);
    }
    return this.#attaching.during(entries, run);
  }

  attachingTo(id: string): number {
    return this.#attaching.entriesOf(id);
  }
}
