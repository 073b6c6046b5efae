import {
  LEASES,
  leaseLimits,
  leaseNotFound,
  leasePath,
  ProtocolError,
  ttlProblem,
} from '@confer/shared';
import type { Log } from '../log.ts';
import type { Runtime } from '../runtime.ts';
import type { CommitOutcome, FeedEvent, Store } from '../store/store.ts';
import { Attaching } from './attaching.ts';
import { Endings } from './endings.ts';
import { hasLeases, leaseIn, look } from './first-look.ts';
import { type Lease, recordOf } from './lease.ts';
import { LeaseTable } from './lease-table.ts';
import { LeaseTimers } from './lease-timers.ts';

export interface LeasesParts {
  readonly store: Store;
  readonly runtime: Pick<Runtime, 'clock' | 'uptimeMs' | 'newId' | 'defer'>;
  readonly log: Log;
}

/** Who does something to a lease, and what the request is known by. */
export interface Write {
  readonly actor: string;
  readonly requestId: string;
}

/** What `leases` say of one. */
export interface LeaseState extends Lease {
  readonly remainingMs: number;
  readonly entries: number;
}

/** The leases of a store. */
export class Leases {
  readonly #with: LeasesParts;
  readonly #table: LeaseTable;
  readonly #attaching = new Attaching();
  readonly #endings: Endings;
  readonly #timers: LeaseTimers;
  /** Grants that are not in the table yet, by owner. */
  readonly #granting = new Map<string, number>();
  /** Until it is known which leases there are, and what goes with each. */
  #looking: Promise<void> | undefined;
  #isStopped = false;

  constructor(parts: LeasesParts) {
    const { store, runtime, log } = parts;
    this.#with = parts;
    this.#table = new LeaseTable({
      begun: (lease) => this.#timers.begun(lease),
      over: (lease) => this.#timers.over(lease),
    });
    this.#endings = new Endings({ store, table: this.#table, attaching: this.#attaching });
    this.#timers = new LeaseTimers({ runtime, log, endings: this.#endings });
    this.#lookFirst();
  }

  /** Follows the feed. */
  take(event: FeedEvent): void {
    if (event.kind === 'commits') for (const commit of event.commits) this.#table.take(commit);
    else if (event.kind === 'end') this.stop();
    else if (event.kind === 'jump') {
      this.#table.clear();
      this.#timers.pause();
      this.#lookFirst();
    }
  }

  stop(): void {
    this.#isStopped = true;
    this.#timers.stop();
  }

  /** A lease that is there now. */
  find(id: string): Lease | undefined {
    const lease = this.#table.get(id);
    if (lease !== undefined || this.#looking === undefined) return lease;
    return leaseIn(this.#with.store, id, leasePath(id));
  }

  /** The same, with what is left of it. Throws `lease_not_found`. */
  state(id: string): LeaseState {
    const lease = this.require(id);
    const remainingMs = this.#timers.remainingMs(lease);
    return { ...lease, remainingMs, entries: this.#table.pathsOf(id).size };
  }

  require(id: string): Lease {
    const lease = this.find(id);
    if (lease === undefined) throw leaseNotFound(id);
    return lease;
  }

  /** Resolves when it is known what goes with each lease. `undefined`: it is. */
  get ready(): Promise<void> | undefined {
    return this.#looking;
  }

  /** What goes with a lease. */
  pathsOf(id: string): ReadonlySet<string> {
    return this.#table.pathsOf(id);
  }

  /** `isBounded`: each owner has a bound of its own. Asked for again, it is the same lease (S4). */
  async grant(lease: Lease, { actor, requestId }: Write, isBounded: boolean): Promise<number> {
    const problem = ttlProblem(lease.ttlMs);
    if (problem !== undefined) throw new ProtocolError('invalid_message', problem);
    if (this.#with.store.engineName === 'etcd')
      throw new ProtocolError('unavailable', 'leases are not kept over etcd yet');
    const { id, owner } = lease;
    if (this.find(id) === undefined) this.#requireRoom(owner, isBounded);
    this.#granting.set(owner, (this.#granting.get(owner) ?? 0) + 1);
    try {
      const entry = recordOf(lease);
      const conditions = [{ path: entry.path, modRevision: 0 }];
      const write = { operations: [entry], conditions, actor, requestId };
      const { revision } = await this.#with.store.commitOwn(write);
      // A retry that comes when it is over is told the first outcome by the engine.
      this.require(id);
      return revision;
    } finally {
      const left = (this.#granting.get(owner) ?? 0) - 1;
      if (left > 0) this.#granting.set(owner, left);
      else this.#granting.delete(owner);
    }
  }

  /** Those of some leases that have their whole TTL again; the others are over. */
  keepAlive(ids: readonly string[]): Lease[] {
    return ids.flatMap((id) => {
      const lease = this.find(id);
      return lease !== undefined && this.#timers.keepAlive(lease) ? [lease] : [];
    });
  }

  /** Ends a lease, with all that goes with it. What is over is so already, and no failure. */
  async revoke(id: string, write: Write): Promise<CommitOutcome> {
    await this.#looking;
    return this.#endings.end(id, { cause: 'revoked', ...write });
  }

  /** Runs a write that attaches entries: `entries` says how many, by lease. Throws `too_large`. */
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
    for (const [id, count] of entries) this.#requireRoomOn(id, count);
    return this.#attaching.during(entries, run);
  }

  /** A page of all leases, in the order of their ids. */
  page(after: string | undefined, limit: number): { leases: Lease[]; next: string | undefined } {
    const start = after === undefined ? {} : { after: leasePath(after) };
    const { entries, next } = this.#with.store.list({ path: LEASES, limit, ...start });
    const ids = entries.map(({ path }) => path.slice(LEASES.length + 1));
    const leases = ids.flatMap((id) => this.find(id) ?? []);
    return { leases, next: next?.slice(LEASES.length + 1) };
  }

  #requireRoom(owner: string, isBounded: boolean): void {
    const { leasesMax, leasesOfPrincipalMax } = leaseLimits;
    const own = this.#table.countOf(owner) + (this.#granting.get(owner) ?? 0);
    if (isBounded && own >= leasesOfPrincipalMax)
      throw tooMany(`${owner} has ${leasesOfPrincipalMax} leases, and may have no more`);
    let granting = 0;
    for (const count of this.#granting.values()) granting += count;
    if (this.#table.size + granting >= leasesMax)
      throw tooMany(`there are ${leasesMax} leases, and may be no more`);
  }

  #requireRoomOn(id: string, count: number): void {
    const { entriesMax } = leaseLimits;
    const entries = this.#table.pathsOf(id).size + this.#attaching.entriesOf(id) + count;
    if (entries <= entriesMax) return;
    throw new ProtocolError(
      'too_large',
      `at most ${entriesMax} entries go with one lease; take several leases`,
    );
  }

  #lookFirst(): void {
    const { store, runtime } = this.#with;
    const finish = () => {
      this.#looking = undefined;
      this.#timers.start(this.#table.all(), this.#table.orphaned());
    };
    if (!hasLeases(store)) {
      finish();
      return;
    }
    const steps = look(store, this.#table);
    const looking = new Promise<void>((resolve) => {
      const step = () => {
        // A jump has begun another one.
        if (this.#isStopped || this.#looking !== looking) resolve();
        else if (steps.next().done === true) {
          finish();
          resolve();
        } else runtime.defer(step);
      };
      runtime.defer(step);
    });
    this.#looking = looking;
  }
}

function tooMany(why: string): ProtocolError {
  return new ProtocolError('too_many_leases', `${why}: revoke some, or share one`);
}
