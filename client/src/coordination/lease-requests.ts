import { isLeaseId, type Leases, type Reply, type Request, type Unsent } from '@confer/shared';
import type { WaitOptions } from '../api.ts';
import { ConferError } from '../errors.ts';
import type { Deadline } from '../requests/deadline.ts';
import { noAnswer } from '../requests/no-answer.ts';
import type { ClientContext } from '../watch/context.ts';
import type { LeaseInfo, LeaseList, LeaseRevoked, LeaseWithPaths } from './api.ts';

/** More than any server has of leases, and of entries of one: pages that go on beyond it never end. */
const PAGES_MAX = 1_000;

/** Requests about leases, over the connection of a client. */
export class LeaseRequests {
  readonly #context: ClientContext;

  constructor(context: ClientContext) {
    this.#context = context;
  }

  /** The lease of a request, which is one and the same for each try of it (S4). */
  async grant(
    about: { readonly ttlMs: number; readonly name: string | undefined },
    deadline: Deadline,
  ): Promise<string> {
    const requestId = this.#context.newId();
    const granted = await this.#ask(deadline, (id) => ({
      ...{ type: 'grantLease', id, requestId, ...about },
    }));
    const [lease] = granted.leases;
    // Of one that is shorter its holder would be sure for too long.
    if (lease === undefined || !isLeaseId(lease.lease) || lease.ttlMs < about.ttlMs)
      throw new ConferError(
        'bad_message',
        'the server answers with another lease than was asked for',
      );
    return lease.lease;
  }

  /** Those of them that have their whole TTL again. */
  async keepAlive(leases: readonly string[], deadline: Deadline): Promise<ReadonlySet<string>> {
    const kept = await this.#ask(deadline, (id) => ({ type: 'keepAlive', id, leases }));
    return new Set(kept.leases.map(({ lease }) => lease));
  }

  async revoke(lease: string, options: WaitOptions | undefined): Promise<LeaseRevoked> {
    const { newDeadline, newId } = this.#context;
    const requestId = newId();
    const { revision, deletes } = await this.#askFor('committed', newDeadline(options), (id) => ({
      ...{ type: 'revokeLease', id, requestId, lease },
    }));
    return { revision, removed: deletes };
  }

  /** A lease with all of its paths, where who asks may see them. */
  async show(lease: string, options: WaitOptions | undefined): Promise<LeaseWithPaths> {
    const deadline = this.#context.newDeadline(options);
    const paths: string[] = [];
    let after: string | undefined;
    for (let pages = 0; ; pages++) {
      const page = await this.#ask(deadline, (id) => ({ type: 'readLease', id, lease, after }));
      for (const path of page.paths ?? []) paths.push(path);
      after = page.next;
      const [about] = page.leases;
      if (about?.lease !== lease) throw noAnswer(`${about?.lease} in the place of ${lease}`);
      requireEnd(pages);
      if (after !== undefined) continue;
      const { revision } = page;
      const info = { revision, ...infoOf(about) };
      return page.paths === undefined ? info : { ...info, paths };
    }
  }

  async list(options: WaitOptions | undefined): Promise<LeaseList> {
    const deadline = this.#context.newDeadline(options);
    const leases: LeaseInfo[] = [];
    let after: string | undefined;
    for (let pages = 0; ; pages++) {
      const page = await this.#ask(deadline, (id) => ({ type: 'listLeases', id, after }));
      for (const each of page.leases) leases.push(infoOf(each));
      after = page.next;
      requireEnd(pages);
      if (after === undefined) return { revision: page.revision, leases };
    }
  }

  #ask(deadline: Deadline, request: (id: number) => Unsent<Request>): Promise<Leases> {
    return this.#askFor('leases', deadline, request);
  }

  async #askFor<Type extends Reply['type']>(
    type: Type,
    deadline: Deadline,
    request: (id: number) => Unsent<Request>,
  ) {
    const { reply } = await this.#context.requests.ask(type, request, deadline);
    return reply;
  }
}

/** What goes on for ever is never taken for whole. */
function requireEnd(pages: number): void {
  if (pages >= PAGES_MAX) throw noAnswer('pages that do not end');
}

function infoOf({ lease: id, ...about }: Leases['leases'][number]): LeaseInfo {
  return { id, ...about };
}
