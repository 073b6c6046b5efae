import type { Lock } from '../../../client/src/coordination/locks/api.ts';

interface Host {
  readonly name: string;
  readonly isFrozen: boolean;
}

/**
 * Sees all that have a lock, at the very moment, which none of them can. At most one may believe that it is held; of a
 * process that is stopped, what it believes counts when it goes on.
 */
export class LockJudge {
  readonly problems: string[] = [];
  acquisitions = 0;
  readonly #holding = new Map<Host, Lock>();
  /** Of processes that were stopped with the lock, and somebody else has had it since. */
  readonly #late = new Set<Host>();
  /** What a resource has seen that refuses older tokens. */
  #fence = 0;

  acquired(host: Host, lock: Lock): void {
    this.acquisitions++;
    for (const [other, held] of this.#holding) {
      if (other.isFrozen) this.#late.add(other);
      else if (held.status === 'held')
        this.problems.push(`two hold it: ${other.name} ${held.fencingToken}, ${host.name}`);
    }
    // First come first served, and each token is higher than those before.
    if (lock.fencingToken <= this.#fence)
      this.problems.push(`${host.name} has ${lock.fencingToken} after ${this.#fence}`);
    this.#fence = lock.fencingToken;
    this.#holding.set(host, lock);
  }

  /** Writes to the resource, if it believes that it may. */
  wrote(host: Host, lock: Lock): void {
    if (lock.status === 'held' && lock.fencingToken < this.#fence)
      this.problems.push(`${host.name} writes by ${lock.fencingToken} after ${this.#fence}`);
  }

  released(host: Host, lock: Lock): void {
    if (this.#holding.get(host) === lock) this.#holding.delete(host);
  }

  killed(host: Host): void {
    this.#holding.delete(host);
    this.#late.delete(host);
  }

  thawed(host: Host): void {
    if (this.#late.delete(host) && this.#holding.get(host)?.status === 'held')
      this.problems.push(`${host.name} believes that it is held after it was stopped`);
  }
}
