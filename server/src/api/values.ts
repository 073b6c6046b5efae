import {
  type CommitRequest,
  type GetRequest,
  type ListedEntry,
  type ListRequest,
  type Operation,
  ProtocolError,
  type Reply,
} from '@confer/shared';
import { mayRead, maySeeOutcome } from '../auth/authorise.ts';
import type { Judgement } from '../auth/judgement.ts';
import { Draft } from '../store/draft.ts';
import type { CommitOutcome, Store } from '../store/store.ts';
import { traced } from '../tracing.ts';
import { audited, commitEvent, noteCommit, refusal } from './auditing.ts';
import { type ApiContext, answerAfter, type Later, type Service } from './context.ts';
import { requireOwners, requireWhole } from './leases.ts';
import { requestIdOf } from './request-id.ts';

export function get(request: GetRequest, { service }: ApiContext): Reply | Later {
  const { id, path, at } = request;
  const { store } = service;
  const answer = (): Reply => {
    const entry = (at === undefined ? store.get(path) : store.past.get(path, at)) ?? null;
    return { type: 'got', id, revision: at ?? store.revision, entry };
  };
  return answerAfter(untilShown(request, store), answer, id, service);
}

/**
 * What was at a revision stays so; only who asks for now has to wait for it. A revision that another server has
 * shown is waited for, too (W9).
 */
export function untilShown(
  { at, stale = false }: { readonly at?: number; readonly stale?: boolean },
  store: Store,
): Promise<unknown> | undefined {
  if (at === undefined) return stale ? undefined : store.barrier();
  const reached = store.reach(at);
  return reached instanceof Promise ? reached : undefined;
}

export function list(request: ListRequest, { service }: ApiContext): Reply | Later {
  const wait = untilShown(request, service.store);
  return answerAfter(wait, () => listed(request, service), request.id, service);
}

function listed(request: ListRequest, { store }: Service): Reply {
  const { id, type: _, values = true, stale: __, ...query } = request;
  const { revision, entries, folders, next } = store.list(query);
  return {
    type: 'listed',
    id,
    revision,
    entries: values ? entries : entries.map(withoutValue),
    folders,
    ...(next === undefined ? {} : { next }),
  };
}

function withoutValue({ value: _, ...meta }: ListedEntry): ListedEntry {
  return meta;
}

export function commit(request: CommitRequest, context: ApiContext): Promise<Reply> {
  return make(request.id, new Draft(request.requestId).add(request), context);
}

/**
 * Makes a commit of what was checked. Without `await`, which would cost each write a turn of promises and a
 * frame of its own.
 */
export function make(
  id: number,
  draft: Draft,
  context: ApiContext,
  judgement?: Judgement,
): Promise<Reply> {
  if (draft.operationCount === 0)
    throw new ProtocolError('invalid_message', 'a commit has at least one operation');
  return traced(
    context.service.tracing,
    (tracing) =>
      tracing.begin(
        'confer.commit',
        { 'confer.operations': draft.operationCount },
        draft.traceparent,
      ),
    () => committed(draft, context, judgement),
  ).then(
    (outcome) => {
      noteCommit(draft, outcome, context);
      const isSeen = maySeeAll(draft.operations, context);
      if (!(isSeen instanceof Promise)) return replyOf(id, draft, outcome, isSeen);
      return isSeen.then((mayBeTold) => replyOf(id, draft, outcome, mayBeTold));
    },
    (error: unknown) => refusal({ type: 'commit', id }, withoutSecrets(error, context), context),
  );
}

/** In words of its own, as each write has one: to spread what it is made of takes a microsecond and more. */
function replyOf(
  id: number,
  draft: Draft,
  { revision, puts, deletes }: CommitOutcome,
  isSeen: boolean,
): Reply {
  if (isSeen) return { type: 'committed', id, revision, puts, deletes };
  return { type: 'committed', id, revision, ...askedFor(draft) };
}

/** In the turn that the commit was told in, which has done much by then. */
const SEEN_AT_ONCE = 1_000;
/** Of the longest paths, so many take some milliseconds. */
const SEEN_A_TURN = 5_000;

/** Whether somebody may see what all of it did: of many operations in turns of their own. */
function maySeeAll(
  operations: readonly Operation[],
  context: ApiContext,
): boolean | Promise<boolean> {
  if (operations.length <= SEEN_AT_ONCE) return maySeeOutcome(context.principal, operations);
  const { rights } = context.principal;
  return new Promise((resolve) => {
    const look = (from: number): void => {
      const { principal } = context;
      const some = operations.slice(from, from + SEEN_A_TURN);
      // Who might read some of it a moment ago is not told of the whole.
      if (principal.rights !== rights || !maySeeOutcome(principal, some)) resolve(false);
      else if (from + SEEN_A_TURN >= operations.length) resolve(true);
      else context.service.defer(() => look(from + SEEN_A_TURN));
    };
    context.service.defer(() => look(0));
  });
}

function committed(
  draft: Draft,
  context: ApiContext,
  judgement: Judgement | undefined,
): Promise<CommitOutcome> {
  const { service, principal } = context;
  const { operations, conditions, note, leased } = draft;
  const write = { operations, conditions, otherwise: undefined, note };
  const make = () => service.store.commit(write, principal.name, requestIdOf(draft, context));
  const authorise = () => requireOwners(operations, context);
  const commit =
    leased === undefined
      ? make
      : () => service.leases.attach({ entries: leased, operations, authorise }, make);
  if (service.auditing?.isRequired !== true) return commit();
  return audited(
    {
      about: (outcome) => commitEvent(draft, outcome, context),
      authorise: () => requireWhole(draft, judgement, context),
      run: commit,
      requestId: requestIdOf(draft, context),
    },
    context,
  );
}

/** For who may write and not read: what was asked for, which says nothing of what was there. */
function askedFor({ operations }: Draft): { readonly puts: number; readonly deletes: number } {
  const puts = operations.filter(({ type }) => type === 'put').length;
  return { puts, deletes: operations.length - puts };
}

/** A conflict tells what a path holds, to those who may read it. */
export function withoutSecrets(error: unknown, { principal }: ApiContext): unknown {
  if (!(error instanceof ProtocolError) || error.details.current === undefined) return error;
  const { current: _, ...details } = error.details;
  const isReader = details.path !== undefined && mayRead(principal, details.path, 'entry');
  return isReader ? error : new ProtocolError(error.code, 'a condition does not hold', details);
}
