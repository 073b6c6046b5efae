import { type Clock, leasePath, ProtocolError, type Random } from '@confer/shared';
import type { CommitOutcome, EngineLeases } from '../../engine.ts';
import { outcomeOf } from '../../evaluate.ts';
import { commitAt } from '../../replica/commit-log.ts';
import { restOf } from '../../tree-range.ts';
import { EtcdError, type MemberLeases, reasonOf } from '../client/cluster.ts';
import type { Members } from '../client/members.ts';
import { etcdLeaseOf, leaseOfEtcd } from '../keyspace/lease-ids.ts';
import type { AssemblyContext } from '../upstream/assemble.ts';
import { backoffMs, pause, type RevisionWaiters } from '../waiting.ts';

export interface GatewayLeasesOptions {
  readonly state: AssemblyContext;
  readonly members: Members;
  readonly waiters: RevisionWaiters;
  readonly clock: Clock;
  readonly uptimeMs: () => number;
  readonly random: Random;
  /** Why nothing is asked any more, once that is so. */
  readonly closed: () => string | undefined;
}

/** A member that does not answer within this is left for another. */
const TRY_MS = 2_000;
/** An election takes a second or three; nobody waits longer for a lease. */
const ASK_MS = 5_000;
/** The end of a lease comes out of the feed within this. */
const SHOWN_MS = 10_000;

/** The leases of an etcd cluster, as a gateway uses them. Any gateway may do anything to any lease. */
export class GatewayLeases implements EngineLeases {
  readonly #options: GatewayLeasesOptions;

  constructor(options: GatewayLeasesOptions) {
    this.#options = options;
  }

  async grant(id: string, ttlMs: number): Promise<void> {
    const own = etcdLeaseOf(id);
    try {
      await this.#ask((leases, options) => leases.grant(own, ttlMs / 1_000, options));
    } catch (error) {
      if (!isCode(error, 'failed_precondition')) throw error;
      // A try before this one has made it, some time ago.
      await this.keepAlive([id]);
    }
  }

  async keepAlive(ids: readonly string[]): Promise<ReadonlySet<string>> {
    const own = ids.map(etcdLeaseOf);
    const ttls = await this.#ask((leases, options) => leases.keepAlive(own, options));
    return new Set(ttls.filter(({ ttlS }) => ttlS > 0).map((ttl) => leaseOfEtcd(ttl.id)));
  }

  async remainingMs(id: string): Promise<number | undefined> {
    const own = etcdLeaseOf(id);
    const { ttlS } = await this.#ask((leases, options) => leases.timeToLive(own, options));
    return ttlS >= 0 ? ttlS * 1_000 : undefined;
  }

  async revoke(id: string, actor: string): Promise<CommitOutcome> {
    const own = etcdLeaseOf(id);
    let revision = 0;
    try {
      // safeguard: leases-of-others-in-etcd-stay
      if (this.#isOwn(id, own))
        revision = await this.#ask((leases, options) => leases.revoke(own, options));
    } catch (error) {
      if (!isCode(error, 'not_found')) throw error;
    }
    return this.#outcome(id, revision, actor);
  }

  /** Others have leases in the same etcd: ours have their entry. */
  #isOwn(id: string, own: string): boolean {
    const { tree, revision } = this.#options.state.replica;
    const lease = tree.at(leasePath(id), revision)?.lease;
    return lease !== undefined && etcdLeaseOf(lease) === own;
  }

  /** What went is what the feed told at that revision. `revision` is 0 where it went before, by whoever did it. */
  async #outcome(id: string, revision: number, actor: string): Promise<CommitOutcome> {
    const { waiters, state } = this.#options;
    if (!(await waiters.wait(revision, SHOWN_MS)))
      throw new ProtocolError('outcome_unknown', 'it was revoked, and this server does not see it');
    const { replica } = state;
    const path = leasePath(id);
    const [gone] = replica.tombstones.read(restOf(path, undefined), replica.revision);
    const at = revision === 0 ? (gone?.revision ?? 0) : revision;
    const logged = commitAt(replica.log, at);
    // What went of somebody else's, or by itself, is nobody's to know.
    if (logged === undefined || (revision === 0 && logged.commit.actor !== actor))
      return { revision: replica.revision, puts: 0, deletes: 0 };
    return outcomeOf(logged.commit, false);
  }

  /** Whatever fails on its way is done again: to grant, keep and revoke twice is as good as once. */
  async #ask<Answer>(
    run: (leases: MemberLeases, options: { readonly timeoutMs: number }) => Promise<Answer>,
  ): Promise<Answer> {
    const { members, clock, uptimeMs, random, closed } = this.#options;
    const startedMs = uptimeMs();
    for (let tries = 0; ; tries++) {
      const over = closed();
      if (over !== undefined) throw unavailable(over);
      const member = members.current;
      try {
        return await run(member.leases, { timeoutMs: TRY_MS });
      } catch (error) {
        if (isCode(error, 'failed_precondition') || isCode(error, 'not_found')) throw error;
        members.leave(member);
        if (uptimeMs() - startedMs > ASK_MS) throw unavailable(reasonOf(error));
        await pause(clock, backoffMs(tries, random));
      }
    }
  }
}

function isCode(error: unknown, code: EtcdError['code']): boolean {
  return error instanceof EtcdError && error.code === code;
}

function unavailable(reason: string): ProtocolError {
  return new ProtocolError('unavailable', `etcd does not answer: ${reason}`);
}
