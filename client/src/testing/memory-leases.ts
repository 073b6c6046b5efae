import {
  type Clock,
  checkLease,
  comparePaths,
  type Entry,
  isWithin,
  LEASES,
  type Leases,
  leaseLimits,
  leaseNotFound,
  leasePath,
  type Operation,
  ProtocolError,
  type Reply,
  type Request,
  type Timer,
  ttlProblem,
} from '@confer/shared';
import { pathsOf } from './lease-rules.ts';
import type { MemoryStore, Outcome, Write } from './memory-store.ts';

/** Leases, and paths, of one page. */
const PAGE_MAX = 500;

export type LeaseRequest = Extract<
  Request,
  { type: 'grantLease' | 'keepAlive' | 'revokeLease' | 'readLease' | 'listLeases' }
>;

export interface MemoryLeasesParts {
  readonly clock: Clock;
  readonly store: () => MemoryStore;
  /** Whether the process does anything: while it does not, nothing runs out. */
  readonly isRunning: () => boolean;
  readonly write: (write: Write) => Outcome;
  readonly newName: (prefix: string) => string;
}

/** What the entry of a lease says. */
interface Lease {
  readonly id: string;
  readonly ttlMs: number;
  readonly owner: string;
  readonly name?: string;
}

/** The leases of a test server (PROTOCOL.md, section 4.2). What they are is in the store; here is when they end. */
export class MemoryLeases {
  readonly #with: MemoryLeasesParts;
  readonly #endings = new Map<string, { readonly at: number; readonly timer: Timer }>();
  /** By the request that asked for it. */
  readonly #granted = new Map<string, string>();

  constructor(parts: MemoryLeasesParts) {
    this.#with = parts;
  }

  /** @throws {ProtocolError} */
  answer(request: LeaseRequest, actor: string): Reply {
    const { id } = request;
    switch (request.type) {
      case 'grantLease':
        return this.#reply(id, [brief(this.#grant(request, actor))]);
      case 'keepAlive':
        for (const lease of request.leases) checkLease(lease);
        return this.#reply(id, this.#keepAlive(request.leases).map(brief));
      case 'revokeLease': {
        const { revision, deletes } = this.#revoke(request, actor);
        // The lease itself is the server's own.
        return { type: 'committed', id, revision, puts: 0, deletes: Math.max(0, deletes - 1) };
      }
      case 'readLease':
        return this.#read(request);
      case 'listLeases':
        return this.#list(request);
    }
  }

  /** Whoever starts does not know when a lease was kept alive last. */
  renewAll(): void {
    for (const { timer } of this.#endings.values()) timer.cancel();
    this.#endings.clear();
    for (const lease of this.#all()) this.#renew(lease);
  }

  /** Ends what has run out. */
  look(): void {
    if (!this.#with.isRunning()) return;
    const now = this.#with.clock.now();
    for (const [lease, { at }] of [...this.#endings])
      if (at <= now)
        this.#end(lease, 'expired', { actor: 'confer', requestId: this.#with.newName('expired') });
  }

  #grant({ requestId, ttlMs, name }: Extract<LeaseRequest, { type: 'grantLease' }>, owner: string) {
    const problem = ttlProblem(ttlMs);
    if (problem !== undefined) throw new ProtocolError('invalid_message', problem);
    const known = this.#granted.get(requestId);
    if (known !== undefined) return this.#require(known);
    if (this.#endings.size >= leaseLimits.leasesMax)
      throw new ProtocolError(
        'too_many_leases',
        `there are ${leaseLimits.leasesMax} leases, and may be no more: revoke some, or share one`,
      );
    const id = (this.#granted.size + 1).toString(16).padStart(16, '0');
    this.#granted.set(requestId, id);
    const about = { ttlMs, owner, ...(name !== undefined && { name }) };
    this.#write([{ type: 'put', path: leasePath(id), value: JSON.stringify(about), lease: id }], {
      ...{ actor: owner, requestId },
    });
    const lease = { id, ...about };
    this.#renew(lease);
    return lease;
  }

  #keepAlive(ids: readonly string[]): Lease[] {
    const kept = ids.flatMap((id) => this.#find(id) ?? []);
    for (const lease of kept) this.#renew(lease);
    return kept;
  }

  #revoke({ lease, requestId }: Extract<LeaseRequest, { type: 'revokeLease' }>, actor: string) {
    checkLease(lease);
    return this.#end(lease, 'revoked', { actor, requestId });
  }

  #read({ id, lease, after }: Extract<LeaseRequest, { type: 'readLease' }>): Reply {
    checkLease(lease);
    const found = this.#require(lease);
    const paths = pathsOf(lease, this.#with.store().entries).sort(comparePaths);
    const rest = paths.filter((path) => after === undefined || comparePaths(path, after) > 0);
    const page = rest.slice(0, PAGE_MAX);
    const next = rest.length > PAGE_MAX ? { next: page.at(-1) ?? '' } : {};
    return { ...this.#reply(id, [this.#state(found)]), paths: page, ...next };
  }

  #list({ id, after = '' }: Extract<LeaseRequest, { type: 'listLeases' }>): Reply {
    if (after !== '') checkLease(after);
    const rest = this.#all()
      .filter((lease) => lease.id > after)
      .sort((a, b) => (a.id < b.id ? -1 : 1));
    const page = rest.slice(0, PAGE_MAX);
    const next = rest.length > PAGE_MAX ? { next: page.at(-1)?.id ?? '' } : {};
    return {
      ...this.#reply(
        id,
        page.map((lease) => this.#state(lease)),
      ),
      ...next,
    };
  }

  #end(lease: string, cause: 'expired' | 'revoked', about: Pick<Write, 'actor' | 'requestId'>) {
    const { entries } = this.#with.store();
    const operations = [leasePath(lease), ...pathsOf(lease, entries)].map(
      (path): Operation => ({ type: 'delete', path }),
    );
    // What a lease had is no part of what the request is known by.
    const outcome = this.#write(operations, { ...about, cause, sameAs: `end ${lease}` });
    this.#endings.get(lease)?.timer.cancel();
    this.#endings.delete(lease);
    return outcome;
  }

  #write(
    operations: readonly Operation[],
    about: Pick<Write, 'actor' | 'requestId' | 'cause' | 'sameAs'>,
  ): Outcome {
    return this.#with.write({ operations, conditions: [], note: undefined, ...about });
  }

  /** From now on it has its whole TTL. */
  #renew({ id, ttlMs }: Lease): void {
    const { clock } = this.#with;
    this.#endings.get(id)?.timer.cancel();
    const timer = clock.setTimer(ttlMs, () => this.look());
    this.#endings.set(id, { at: clock.now() + ttlMs, timer });
  }

  #reply(id: number, leases: Leases['leases']): Leases {
    return { type: 'leases', id, revision: this.#with.store().revision, leases };
  }

  #state({ id, ...about }: Lease): Leases['leases'][number] {
    const { clock, store } = this.#with;
    const at = this.#endings.get(id)?.at ?? 0;
    const remainingMs = Math.max(0, at - clock.now());
    return { lease: id, ...about, remainingMs, entries: pathsOf(id, store().entries).length };
  }

  #require(id: string): Lease {
    const lease = this.#find(id);
    if (lease === undefined) throw leaseNotFound(id);
    return lease;
  }

  #find(id: string): Lease | undefined {
    const entry = this.#with.store().entries.get(leasePath(id));
    return entry && leaseOf(entry);
  }

  #all(): Lease[] {
    const all = [...this.#with.store().entries.values()];
    return all.filter(({ path }) => isWithin(path, LEASES)).map(leaseOf);
  }
}

function leaseOf({ path, value }: Entry): Lease {
  return { id: path.slice(LEASES.length + 1), ...JSON.parse(value) };
}

/** With its whole TTL. */
function brief({ id: lease, ttlMs }: Lease): Leases['leases'][number] {
  return { lease, ttlMs, remainingMs: ttlMs };
}
