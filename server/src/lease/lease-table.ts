import type { EngineChange, EngineCommit } from '../store/store.ts';
import { type Lease, leaseOf, leaseOfPath } from './lease.ts';

/** Who is told when a lease begins and ends. */
export interface LeaseObserver {
  begun(lease: Lease): void;
  over(lease: Lease): void;
}

const NOTHING: ReadonlySet<string> = new Set();

/**
 * All leases and what goes with each, as of the newest commit. It follows the feed of commits, so every server of a
 * cluster has the same. Of a store where nobody uses leases it costs each change two looks at an empty map.
 */
export class LeaseTable {
  readonly #observer: LeaseObserver;
  readonly #leases = new Map<string, Lease>();
  readonly #ofOwner = new Map<string, number>();
  /** Both ways: what goes with a lease, which may not be known yet, and what a path goes with. */
  readonly #paths = new Map<string, Set<string>>();
  readonly #leaseAt = new Map<string, string>();

  constructor(observer: LeaseObserver) {
    this.#observer = observer;
  }

  get size(): number {
    return this.#leases.size;
  }

  get(id: string): Lease | undefined {
    return this.#leases.get(id);
  }

  /** In no order. */
  all(): Iterable<Lease> {
    return this.#leases.values();
  }

  pathsOf(id: string): ReadonlySet<string> {
    return this.#paths.get(id) ?? NOTHING;
  }

  countOf(owner: string): number {
    return this.#ofOwner.get(owner) ?? 0;
  }

  /** What entries go with that is over: nobody ends it any more. */
  *orphaned(): Generator<string> {
    for (const id of this.#paths.keys()) if (!this.#leases.has(id)) yield id;
  }

  take({ changes }: EngineCommit): void {
    for (const change of changes) this.#take(change);
  }

  /** A path holds an entry with a lease. */
  attach(path: string, id: string): void {
    if (this.#leaseAt.get(path) === id) return;
    this.#detach(path);
    this.#leaseAt.set(path, id);
    const paths = this.#paths.get(id);
    if (paths === undefined) this.#paths.set(id, new Set([path]));
    else paths.add(path);
  }

  begin(lease: Lease): void {
    if (this.#leases.has(lease.id)) return;
    this.#leases.set(lease.id, lease);
    this.#ofOwner.set(lease.owner, this.countOf(lease.owner) + 1);
    this.#observer.begun(lease);
  }

  clear(): void {
    for (const lease of [...this.#leases.values()]) this.#end(lease.id);
    this.#paths.clear();
    this.#leaseAt.clear();
  }

  #take(change: EngineChange): void {
    const { path } = change;
    const id = leaseOfPath(path);
    if (id !== undefined) {
      const lease = change.type === 'put' ? leaseOf(id, change.entry.value) : undefined;
      if (lease === undefined) this.#end(id);
      else this.begin(lease);
    } else if (change.type === 'put' && change.entry.lease !== undefined)
      this.attach(path, change.entry.lease);
    else if (this.#leaseAt.size > 0) this.#detach(path);
  }

  #end(id: string): void {
    const lease = this.#leases.get(id);
    if (lease === undefined) return;
    this.#leases.delete(id);
    const left = this.countOf(lease.owner) - 1;
    if (left === 0) this.#ofOwner.delete(lease.owner);
    else this.#ofOwner.set(lease.owner, left);
    this.#observer.over(lease);
  }

  #detach(path: string): void {
    const id = this.#leaseAt.get(path);
    if (id === undefined) return;
    this.#leaseAt.delete(path);
    const paths = this.#paths.get(id);
    paths?.delete(path);
    if (paths?.size === 0) this.#paths.delete(id);
  }
}
