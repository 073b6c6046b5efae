import {
  type Condition,
  checkLease,
  comparePaths,
  type GrantLeaseRequest,
  type KeepAliveRequest,
  type Leases as LeasesReply,
  type ListLeasesRequest,
  leasePath,
  type Operation,
  ProtocolError,
  type ReadLeaseRequest,
  type Reply,
  type RevokeLeaseRequest,
  ROOT,
  type TxnOperation,
} from '@confer/shared';
import {
  type AskedTxn,
  mayOperate,
  mayRead,
  mayWriteSomething,
  requireCommit,
  requireTxn,
} from '../auth/authorise.ts';
import type { Judgement } from '../auth/judgement.ts';
import type { Principal } from '../auth/principal.ts';
import type { Lease } from '../lease/lease.ts';
import { leaseIdOf } from '../lease/lease-id.ts';
import type { LeaseState } from '../lease/leases.ts';
import type { Draft } from '../store/draft.ts';
import type { TxnDraft } from '../store/txn-draft.ts';
import { audited, leaseEvent, refusal } from './auditing.ts';
import { type ApiContext, answerAfter, errorReply, type Later } from './context.ts';
import { requestIdOf } from './request-id.ts';

/** Leases of one page, and how many are looked at for it. */
const ITEMS_MAX = 500;
/** Paths of one page. */
const PATHS_MAX = 1_000;

/** A lease is for who writes something with it: it takes memory and time. */
export function authoriseHolder(_: unknown, { principal }: ApiContext): void {
  if (!mayWriteSomething(principal)) throw forbidden(`${principal.name} may write nothing`);
}

/** Who operates the server sees and ends any lease. */
export function authoriseHolderOrOperator(request: unknown, context: ApiContext): void {
  if (!mayOperate(context.principal)) authoriseHolder(request, context);
}

/**
 * Whether a commit may be made: the rights to it, and that each lease in it is of who writes. One that is over is
 * looked for by the engine: a retry of what was done when it was there is no failure (S4).
 */
export function requireWrite(
  operations: readonly Operation[],
  conditions: readonly Condition[],
  { principal, service }: Pick<ApiContext, 'principal' | 'service'>,
): void {
  requireCommit(principal, operations, conditions);
  requireOwners(operations, { principal, service });
}

/** The same for both branches of a transaction. */
export function requireBranches(
  asked: AskedTxn,
  { principal, service }: Pick<ApiContext, 'principal' | 'service'>,
): void {
  requireTxn(principal, asked);
  for (const succeeded of [true, false])
    requireOwners(asked.branch(succeeded), { principal, service });
}

type Asker = Pick<ApiContext, 'principal' | 'service'>;

/** The same for a commit that came in parts: judged as they came, it is judged anew only where rights have changed since. */
export function requireWhole(draft: Draft, judgement: Judgement | undefined, asker: Asker): void {
  const { operations } = draft;
  if (judgement?.settles(asker.principal) === true) requireOwners(operations, asker);
  else requireWrite(operations, draft.conditions, asker);
}

export function requireWholeTxn(
  draft: TxnDraft,
  judgement: Judgement | undefined,
  asker: Asker,
): void {
  if (judgement?.settles(asker.principal) !== true) requireTxn(asker.principal, draft);
  for (const succeeded of [true, false]) requireOwners(draft.branch(succeeded), asker);
}

/** A lease that another gateway has just granted may be known only once this server has asked others. */
export function requireOwners(
  operations: readonly TxnOperation[],
  { principal, service }: Pick<ApiContext, 'principal' | 'service'>,
): void {
  for (const operation of operations) {
    if (operation.type !== 'put' || operation.lease === undefined) continue;
    const lease = service.leases.find(operation.lease);
    // safeguard: lease-is-its-owners
    if (lease !== undefined) requireOwner(lease, principal);
  }
}

export async function grantLease(request: GrantLeaseRequest, context: ApiContext): Promise<Reply> {
  const { id, ttlMs, name } = request;
  const { principal, service } = context;
  const requestId = requestIdOf(request, context);
  const lease = {
    ...{ id: leaseIdOf(requestId), ttlMs, owner: principal.name },
    ...(name === undefined ? {} : { name }),
  };
  const isBounded = service.auth.authority.isOn;
  const write = { actor: principal.name, requestId };
  try {
    const { revision } = await audited(
      {
        about: (result) => leaseEvent('grantLease', lease.id, result, context),
        authorise: () => authoriseHolder(request, context),
        run: async () => ({ revision: await service.leases.grant(lease, write, isBounded) }),
        requestId,
      },
      context,
    );
    return { type: 'leases', id, revision, leases: [brief(lease)] };
  } catch (error) {
    return refusal(request, error, context);
  }
}

export function keepAlive(
  { id, leases: ids }: KeepAliveRequest,
  { principal, service }: ApiContext,
): Reply | Promise<Reply> {
  for (const one of ids) checkLease(one);
  const { leases, store } = service;
  const reply = (kept: readonly Lease[]): Reply => {
    return { type: 'leases', id, revision: store.revision, leases: kept.map(brief) };
  };
  // To whom a lease is not, it is as if it were over: the others of the message are kept all the same.
  // safeguard: keep-alive-is-its-owners
  const kept = leases.keepAlive(ids, (lease) => isOwnedBy(lease, principal));
  if (!(kept instanceof Promise)) return reply(kept);
  return kept.then(reply, (error: unknown) => errorReply(id, error, service));
}

export async function revokeLease(
  request: RevokeLeaseRequest,
  context: ApiContext,
): Promise<Reply> {
  const { id, lease } = request;
  const { principal, service } = context;
  const write = { actor: principal.name, requestId: requestIdOf(request, context) };
  const authorise = () => {
    checkLease(lease);
    const found = service.leases.find(lease);
    if (found !== undefined && !mayOperate(context.principal))
      requireOwner(found, context.principal);
  };
  try {
    authorise();
    const { revision, deletes } = await audited(
      {
        about: (result) => leaseEvent('revokeLease', lease, result, context),
        authorise,
        run: () => service.leases.revoke(lease, write, authorise),
        requestId: write.requestId,
      },
      context,
    );
    // The lease itself is the server's own.
    return { type: 'committed', id, revision, puts: 0, deletes: Math.max(0, deletes - 1) };
  } catch (error) {
    return refusal(request, error, context);
  }
}

export function readLease(request: ReadLeaseRequest, context: ApiContext): Reply | Later {
  const { id, lease: which, after } = request;
  const { service, principal } = context;
  checkLease(which);
  let askedMs: number | undefined;
  const answer = (): Reply => {
    const known = service.leases.state(which);
    const state = { ...known, remainingMs: known.remainingMs ?? askedMs };
    const isOwner = isOwnedBy(state, principal);
    if (!isOwner && !mayOperate(principal)) throw notYours(which);
    const { revision } = service.store;
    const reply: LeasesReply = { type: 'leases', id, revision, leases: [wire(state)] };
    // Paths tell of what is there: to its owner, who put them there, and to who may read everything.
    if (!isOwner && !mayRead(principal, ROOT, 'subtree')) return reply;
    return { ...reply, ...pageOf(service.leases.pathsOf(which), after) };
  };
  const asking = service.leases.askRemainingMs(which)?.then((ms) => {
    askedMs = ms;
  });
  const ready = readiness(service);
  return answerAfter(
    asking === undefined ? ready : Promise.all([ready, asking]),
    answer,
    id,
    service,
  );
}

/** What goes with a lease, in the order of the tree. */
function pageOf(all: ReadonlySet<string>, after: string | undefined) {
  const rest =
    after === undefined ? [...all] : [...all].filter((path) => comparePaths(path, after) > 0);
  const paths = rest.sort(comparePaths).slice(0, PATHS_MAX);
  const next = rest.length > PATHS_MAX ? paths.at(-1) : undefined;
  return next === undefined ? { paths } : { paths, next };
}

export function listLeases(request: ListLeasesRequest, context: ApiContext): Reply | Later {
  const { id, after } = request;
  const { service, principal } = context;
  if (after !== undefined) checkLease(after);
  const answer = (): LeasesReply => {
    // safeguard: leases-of-others-are-not-counted
    const page = mayOperate(principal)
      ? service.leases.page(after, ITEMS_MAX)
      : service.leases.pageOf((lease) => isOwnedBy(lease, principal), after, ITEMS_MAX);
    const leases = page.leases.map((lease) => wire(service.leases.state(lease.id)));
    const { revision } = service.store;
    return {
      ...{ type: 'leases', id, revision, leases },
      ...(page.next === undefined ? {} : { next: page.next }),
    };
  };
  return answerAfter(readiness(service), answer, id, service);
}

/** When it is known what there is, and what others have acknowledged. */
function readiness({ leases, store }: ApiContext['service']): Promise<unknown> | undefined {
  const { ready } = leases;
  const barrier = store.barrier();
  return ready === undefined ? barrier : Promise.all([ready, barrier]);
}

/** With its whole TTL. */
function brief({ id: lease, ttlMs }: Lease) {
  return { lease, ttlMs, remainingMs: ttlMs };
}

function wire({ id: lease, name, owner, ttlMs, remainingMs, entries }: LeaseState) {
  const about = { lease, owner, ttlMs, entries };
  return {
    ...about,
    ...(remainingMs === undefined ? {} : { remainingMs }),
    ...(name === undefined ? {} : { name }),
  };
}

/** Where nobody is asked who they are, a name says nothing. */
function isOwnedBy({ owner }: Lease, { kind, name }: Principal): boolean {
  return kind === 'anyone' || owner === name;
}

function requireOwner(lease: Lease, principal: Principal): void {
  if (!isOwnedBy(lease, principal)) throw notYours(lease.id);
}

function notYours(id: string): ProtocolError {
  return forbidden(`the lease ${id} is somebody else's`, leasePath(id));
}

function forbidden(why: string, path: string = ROOT): ProtocolError {
  return new ProtocolError('forbidden', why, { path });
}
