import { ProtocolError } from '@confer/shared';
import { type EtcdMember, reasonOf } from './client/cluster.ts';
import type { Members } from './client/members.ts';
import type { Keyspace } from './keyspace/keyspace.ts';
import type { Head } from './upstream/sidecars.ts';
import type { RevisionWaiters } from './waiting.ts';

export interface BarrierOptions {
  readonly members: Members;
  readonly keyspace: Keyspace;
  readonly waiters: RevisionWaiters;
  /** Milliseconds that this process has run. */
  readonly uptimeMs: () => number;
  /** Why there is no touch with the cluster, while there is none. */
  readonly behind: () => string | undefined;
  /** The key that every commit writes, as of what is shown. */
  readonly head: () => Head;
  /** What is shown here is not what the cluster has: somebody has to look. */
  readonly onStrange: (reason: string) => void;
}

/** So long a read waits for the cluster, whichever member answers. */
const BARRIER_MS = 3_000;
const TRY_MS = 1_000;

/**
 * Lets reads of what is local wait until it is as new as the cluster was when they began (S2): one linearizable
 * read of the head, which every commit touches, for all who wait. A read that is under way may have been answered
 * before somebody came, so he waits for the next.
 */
export class Barrier {
  readonly #options: BarrierOptions;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(options: BarrierOptions) {
    this.#options = options;
  }

  /** Rejects with `unavailable`. */
  pass(): Promise<void> {
    const behind = this.#options.behind();
    if (behind !== undefined) return Promise.reject(unavailable(behind));
    if (this.#running === undefined) return this.#begin();
    // safeguard: barrier-is-not-shared-with-who-came-before
    this.#next ??= this.#running.catch(() => {}).then(() => this.#begin());
    return this.#next;
  }

  #begin(): Promise<void> {
    this.#next = undefined;
    const running = this.#read().finally(() => {
      if (this.#running === running) this.#running = undefined;
    });
    this.#running = running;
    return running;
  }

  async #read(): Promise<void> {
    const { waiters, uptimeMs } = this.#options;
    const endMs = uptimeMs() + BARRIER_MS;
    const head = await this.#headOf(endMs);
    // safeguard: barrier-waits-for-the-replica
    if (!(await waiters.wait(head.revision, Math.max(TRY_MS, endMs - uptimeMs()))))
      throw unavailable('what is shown here is behind the cluster');
    // safeguard: barrier-compares-the-head
    this.#requireSame(head);
  }

  /** What is shown has this head, or a later one: else it is of another history. */
  #requireSame({ version, revision }: Head): void {
    const shown = this.#options.head();
    if (shown.revision > revision) return;
    if (shown.revision === revision && shown.version === version) return;
    const reason = 'the cluster has another history than is shown here';
    this.#options.onStrange(reason);
    throw unavailable(reason);
  }

  async #headOf(endMs: number): Promise<Head> {
    const { members, uptimeMs } = this.#options;
    for (;;) {
      const member = members.current;
      try {
        return await this.#ask(member);
      } catch (error) {
        members.leave(member);
        if (uptimeMs() + TRY_MS > endMs || this.#options.behind() !== undefined)
          throw unavailable(reasonOf(error));
      }
    }
  }

  async #ask(member: EtcdMember): Promise<Head> {
    const { keyspace, waiters, onStrange } = this.#options;
    const { shown } = waiters;
    const { kvs, header } = await member.range({ key: keyspace.head }, { timeoutMs: TRY_MS });
    const [head] = kvs;
    if (head !== undefined && header.revision >= shown)
      return { version: head.version, revision: head.modRevision };
    const reason = head === undefined ? 'the head is gone' : 'the cluster went back';
    onStrange(reason);
    throw new Error(reason);
  }
}

function unavailable(reason: string): ProtocolError {
  return new ProtocolError('unavailable', `etcd does not answer: ${reason}`);
}
