import { ProtocolError, type Reply, type TxnOperation, type TxnRequest } from '@confer/shared';
import { mayRead, reachOf } from '../auth/authorise.ts';
import type { Judgement } from '../auth/judgement.ts';
import type { CommitOutcome } from '../store/store.ts';
import { TxnDraft } from '../store/txn-draft.ts';
import { type Done, resultsOf } from '../store/txn-results.ts';
import { traced } from '../tracing.ts';
import { audited, auditReads, commitEvent, refusal } from './auditing.ts';
import type { ApiContext } from './context.ts';
import { requireOwners, requireWholeTxn } from './leases.ts';
import { requestIdOf } from './request-id.ts';
import { withoutSecrets } from './values.ts';

export function txn(request: TxnRequest, context: ApiContext): Promise<Reply> {
  return decide(request.id, new TxnDraft(request.requestId).add(request), context);
}

/** Does one branch of what was checked, and tells what it came to. */
export async function decide(
  id: number,
  draft: TxnDraft,
  context: ApiContext,
  judgement?: Judgement,
): Promise<Reply> {
  auditReads('txn', readPathsOf(draft), context);
  try {
    const outcome = await traced(
      context.service.tracing,
      (tracing) =>
        tracing.begin(
          'confer.txn',
          { 'confer.conditions': draft.conditions.length },
          draft.traceparent,
        ),
      () => done(draft, context, judgement),
    );
    return await decided(id, draft, outcome, context);
  } catch (error) {
    return refusal({ type: 'txn', id }, withoutSecrets(error, context), context);
  }
}

function done(
  draft: TxnDraft,
  context: ApiContext,
  judgement: Judgement | undefined,
): Promise<CommitOutcome> {
  const { service, principal } = context;
  const { conditions, note, requestId, traceparent } = draft;
  const [operations, otherwise] = [draft.writes(true), draft.writes(false)];
  const write = { conditions, operations, otherwise, note };
  const make = () => service.store.commit(write, principal.name, requestIdOf(draft, context));
  const { leased } = draft;
  const all = [...operations, ...otherwise];
  const run =
    leased === undefined
      ? make
      : () =>
          service.leases.attach(
            {
              ...{ entries: leased, operations: all },
              authorise: () => requireOwners(all, context),
            },
            make,
          );
  if (service.auditing === undefined || all.length === 0) return run();
  return audited(
    {
      about: (outcome) => {
        const written = outcome === undefined ? all : draft.writes(outcome.otherwise !== true);
        return commitEvent({ operations: written, note, requestId, traceparent }, outcome, context);
      },
      authorise: () => requireWholeTxn(draft, judgement, context),
      run,
      requestId: requestIdOf(draft, context),
    },
    context,
  );
}

/** What is found is that of before the commit, whatever came after it. */
async function decided(
  id: number,
  draft: TxnDraft,
  { revision, puts, deletes, otherwise }: CommitOutcome,
  context: ApiContext,
): Promise<Reply> {
  const { store, defer } = context.service;
  const succeeded = otherwise !== true;
  const madeAt = puts + deletes > 0 ? revision : undefined;
  const readRevision = madeAt === undefined ? revision : revision - 1;
  const told: Done = {
    operations: draft.branch(succeeded),
    madeAt,
    readAt: readRevision,
    // Rights may have ended while it waited for the disk.
    isShown: (operation) => mayRead(context.principal, operation.path, reachOf(operation)),
  };
  try {
    const results = await resultsOf(told, store, defer);
    return { type: 'decided', id, succeeded, revision, readRevision, results };
  } catch (error) {
    throw madeAt === undefined ? error : withOutcome(error, succeeded, revision);
  }
}

/** That it was made is more than that its results are gone. */
function withOutcome(error: unknown, succeeded: boolean, revision: number): unknown {
  if (!(error instanceof ProtocolError) || error.code !== 'compacted') return error;
  const branch = succeeded ? 'then' : 'else';
  return new ProtocolError(
    'results_compacted',
    `the transaction was made at revision ${revision}, by its branch "${branch}"; what it found is compacted`,
    error.details,
  );
}

function readPathsOf(draft: TxnDraft): string[] {
  const isRead = ({ type }: TxnOperation) => type === 'get' || type === 'list';
  const reads = [...draft.branch(true), ...draft.branch(false)].filter(isRead);
  const compared = draft.conditions.filter((condition) => 'value' in condition);
  return [...reads, ...compared].map(({ path }) => path);
}
