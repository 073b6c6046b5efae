import {
  LEASES,
  leaseLimits,
  leaseNotFound,
  leasePath,
  type Operation,
  ProtocolError,
  ttlProblem,
} from '@confer/shared';
import type { Log } from '../log.ts';
import type { Runtime } from '../runtime.ts';
import type { CommitOutcome, FeedEvent, Store } from '../store/store.ts';
import { EngineKeeping } from './engine-keeping.ts';
import { hasLeases, leaseIn, look } from './first-look.ts';
import type { LeaseKeeping } from './keeping.ts';
import { type Lease, recordOf } from './lease.ts';
import { LeaseTable } from './lease-table.ts';
import { OwnKeeping } from './own-keeping.ts';

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

/** What a write attaches to leases. */
export interface Attachment {
  /** How many entries, by lease. */
  readonly entries: ReadonlyMap<string, number>;
  /** Of all its branches. */
  readonly operations: readonly Operation[];
  /** Throws where who asks may not, once the leases are known here. */
  readonly authorise: () => void;
}

/** What `leases` say of one. */
export interface LeaseState extends Lease {
  readonly remainingMs: number | undefined;
  readonly entries: number;
}

/** The leases of a store. */
export class Leases {
  readonly #with: LeasesParts;
  readonly #table: LeaseTable;
  readonly #keeping: LeaseKeeping;
  /** Grants that are not in the table yet, by owner. */
  readonly #granting = new Map<string, number>();
  /** Until it is known which leases there are, and what goes with each. */
  #looking: Promise<void> | undefined;
  #isStopped = false;

  constructor(parts: LeasesParts) {
    const { store, runtime, log } = parts;
    this.#with = parts;
    this.#table = new LeaseTable({
      begun: (lease) => this.#keeping.begun(lease),
      over: (lease) => this.#keeping.over(lease),
    });
    this.#keeping =
      store.leases === undefined
        ? new OwnKeeping({ store, table: this.#table, runtime, log })
        : new EngineKeeping(store, store.leases);
    this.#lookFirst();
  }

  /** Follows the feed. */
  take(event: FeedEvent): void {
    if (event.kind === 'commits') for (const commit of event.commits) this.#table.take(commit);
    else if (event.kind === 'end') this.stop();
    else if (event.kind === 'jump') {
      this.#table.clear();
      this.#keeping.pause();
      this.#lookFirst();
    }
  }

  stop(): void {
    this.#isStopped = true;
    this.#keeping.stop();
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
    const remainingMs = this.#keeping.remainingMs(lease);
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
    const { id, owner } = lease;
    if (this.find(id) === undefined) this.#requireRoom(owner, isBounded);
    this.#granting.set(owner, (this.#granting.get(owner) ?? 0) + 1);
    try {
      await this.#keeping.prepare(lease);
      return await this.#write(lease, { actor, requestId });
    } finally {
      const left = (this.#granting.get(owner) ?? 0) - 1;
      if (left > 0) this.#granting.set(owner, left);
      else this.#granting.delete(owner);
    }
  }

  /**
   * Those of some leases that have their whole TTL again; the others are over. `isOwn`: whether who asks may keep one.
   * A lease that another server has just granted may not be known here yet.
   */
  keepAlive(
    ids: readonly string[],
    isOwn: (lease: Lease) => boolean,
  ): readonly Lease[] | Promise<readonly Lease[]> {
    const keep = () => {
      const found = ids.flatMap((id) => this.find(id) ?? []);
      return this.#keeping.keepAlive(found.filter(isOwn));
    };
    const known = this.#known(ids);
    return known === undefined ? keep() : known.then(keep);
  }

  /** Resolves when leases are known here that others have granted; `undefined`: they are. */
  #known(ids: Iterable<string>): Promise<void> | undefined {
    for (const id of ids) if (this.find(id) === undefined) return this.#with.store.barrier();
    return undefined;
  }

  /** What is left of a lease, where others have to be asked. */
  askRemainingMs(id: string): Promise<number | undefined> | undefined {
    const lease = this.find(id);
    return lease && this.#keeping.askRemainingMs(lease);
  }

  /**
   * Ends a lease, with all that goes with it. What is over is so already, and no failure. `authorise`: throws where
   * who asks may not, once the lease is known here.
   */
  async revoke(id: string, write: Write, authorise: () => void): Promise<CommitOutcome> {
    await this.#looking;
    await this.#known([id]);
    // safeguard: lease-of-another-gateway-is-its-owners
    authorise();
    return this.#keeping.end(id, this.find(id), { cause: 'revoked', ...write });
  }

  /** Runs a write that attaches entries. Throws `too_large`. */
  attach<Result>(
    { entries, operations, authorise }: Attachment,
    run: () => Promise<Result>,
  ): Promise<Result> {
    const attach = () =>
      this.#keeping.attach(entries, () => {
        authorise();
        for (const [id, count] of entries) this.#requireRoomOn(id, count, operations);
        return run();
      });
    const known = this.#known(entries.keys());
    return known === undefined ? attach() : known.then(attach);
  }

  /** A page of all leases, in the order of their ids. */
  page(after: string | undefined, limit: number): { leases: Lease[]; next: string | undefined } {
    const start = after === undefined ? {} : { after: leasePath(after) };
    const { entries, next } = this.#with.store.list({ path: LEASES, limit, ...start });
    const ids = entries.map(({ path }) => path.slice(LEASES.length + 1));
    const leases = ids.flatMap((id) => this.find(id) ?? []);
    return { leases, next: next?.slice(LEASES.length + 1) };
  }

  /** The same of those that are somebody's: of the others not even that they are there. */
  pageOf(
    isOwn: (lease: Lease) => boolean,
    after: string | undefined,
    limit: number,
  ): { leases: Lease[]; next: string | undefined } {
    const own: Lease[] = [];
    for (const lease of this.#table.all())
      if (isOwn(lease) && (after === undefined || lease.id > after)) own.push(lease);
    const leases = own.sort((a, b) => (a.id < b.id ? -1 : 1)).slice(0, limit);
    return { leases, next: own.length > limit ? leases.at(-1)?.id : undefined };
  }

  /** Writes the entry of a lease. A retry is told the first outcome by the engine, also when the lease is over. */
  async #write(lease: Lease, about: Write): Promise<number> {
    const { store } = this.#with;
    const entry = recordOf(lease);
    const conditions = [{ path: entry.path, modRevision: 0 }];
    try {
      const { revision } = await store.commitOwn({ operations: [entry], conditions, ...about });
      this.require(lease.id);
      return revision;
    } catch (error) {
      // The engine has forgotten the request, and the lease of it is there yet.
      const isKnown = error instanceof ProtocolError && error.code === 'conflict';
      if (!isKnown || this.require(lease.id).owner !== lease.owner) throw error;
      return store.get(entry.path)?.modRevision ?? store.revision;
    }
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

  /** `count` is of all that is put with it, also over what goes with it already, which is looked at only near the limit. */
  #requireRoomOn(id: string, count: number, operations: readonly Operation[]): void {
    const { entriesMax } = leaseLimits;
    const paths = this.#table.pathsOf(id);
    const others = Math.max(0, this.#keeping.attachingTo(id) - count);
    if (paths.size + others + count <= entriesMax) return;
    const added = new Set<string>();
    for (const operation of operations)
      if (operation.type === 'put' && operation.lease === id && !paths.has(operation.path))
        added.add(operation.path);
    if (paths.size + others + added.size <= entriesMax) return;
    throw new ProtocolError(
      'too_large',
      `at most ${entriesMax} entries go with one lease; take several leases`,
    );
  }

  #lookFirst(): void {
    const { store, runtime } = this.#with;
    const finish = () => {
      this.#looking = undefined;
      this.#keeping.start(this.#table.orphaned());
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
