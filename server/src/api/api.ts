import { ProtocolError, type Reply, type Request } from '@confer/shared';
import { requireOverAll, requireRight } from '../auth/authorise.ts';
import { isExpired } from '../auth/authority.ts';
import type { Judgement } from '../auth/judgement.ts';
import { Draft } from '../store/draft.ts';
import { TxnDraft } from '../store/txn-draft.ts';
import { auditRead, refusal } from './auditing.ts';
import { type ApiContext, Later } from './context.ts';
import { history, log } from './history.ts';
import { renew, whoami } from './identity.ts';
import {
  authoriseHolder,
  authoriseHolderOrOperator,
  grantLease,
  keepAlive,
  listLeases,
  readLease,
  requireBranches,
  requireWhole,
  requireWholeTxn,
  requireWrite,
  revokeLease,
} from './leases.ts';
import { compact, counters, status } from './operations.ts';
import {
  checkRight,
  createToken,
  listRoles,
  listTokens,
  removeRole,
  removeToken,
  rotateToken,
  setRole,
  updateToken,
} from './rights.ts';
import { authoriseSessions, listSessions } from './sessions.ts';
import { authoriseSubscribers, listSubscribers, report } from './subscribers.ts';
import { decide, txn } from './txn.ts';
import { commit, get, list, make } from './values.ts';
import { unwatch, verify, watch } from './watches.ts';

/** A request of one type, or of any. */
type RequestOf<Type extends Request['type'] = Request['type']> = {
  [Each in Type]: { readonly type: Each } & Extract<Request, { type: Each }>;
}[Type];

/** What becomes of a request: its reply, at once or once it is there, or that it is to be worked on later. */
export type Answer = Reply | Promise<Reply> | Later;

interface Row<Type extends Request['type']> {
  /** Throws `forbidden` where the one who asks may not. */
  readonly authorise: (request: RequestOf<Type>, context: ApiContext) => void;
  readonly handle: (request: RequestOf<Type>, context: ApiContext) => Answer;
}

/** Of who is known at all; what is asked about is the asker's own. */
const anybody = () => {};
const admin = (_: unknown, { principal }: ApiContext) => requireOverAll(principal, 'admin');
const operator = (_: unknown, { principal }: ApiContext) => requireOverAll(principal, 'operate');
const readerOfSubtree = ({ path }: { readonly path: string }, { principal }: ApiContext) =>
  requireRight(principal, 'read', path, 'subtree');
const readerOfEntry = ({ path }: { readonly path: string }, { principal }: ApiContext) =>
  requireRight(principal, 'read', path, 'entry');

/** Every request there is, with the right that it needs: one without a row does not compile. */
const table: { readonly [Type in Request['type']]: Row<Type> } = {
  get: { authorise: readerOfEntry, handle: get },
  list: { authorise: readerOfSubtree, handle: list },
  history: { authorise: readerOfEntry, handle: history },
  log: { authorise: readerOfSubtree, handle: log },
  commit: {
    authorise: ({ operations, conditions = [] }, context) =>
      requireWrite(operations, conditions, context),
    handle: commit,
  },
  txn: {
    authorise: (request, context) =>
      requireBranches(
        {
          conditions: request.if,
          branch: (succeeded) => (succeeded ? request.then : (request.else ?? [])),
        },
        context,
      ),
    handle: txn,
  },
  watch: { authorise: readerOfSubtree, handle: watch },
  // A watch that is there is one that may be read: rights that end have ended it (W11).
  unwatch: { authorise: anybody, handle: unwatch },
  verify: { authorise: anybody, handle: verify },
  // Its figures are for those who may operate.
  status: { authorise: anybody, handle: status },
  counters: { authorise: operator, handle: counters },
  compact: { authorise: operator, handle: compact },
  renew: { authorise: anybody, handle: renew },
  whoami: { authorise: anybody, handle: whoami },
  // About somebody else, it takes more.
  checkRight: { authorise: anybody, handle: checkRight },
  setRole: { authorise: admin, handle: setRole },
  removeRole: { authorise: admin, handle: removeRole },
  listRoles: { authorise: admin, handle: listRoles },
  createToken: { authorise: admin, handle: createToken },
  rotateToken: { authorise: admin, handle: rotateToken },
  updateToken: { authorise: admin, handle: updateToken },
  removeToken: { authorise: admin, handle: removeToken },
  listTokens: { authorise: admin, handle: listTokens },
  report: { authorise: readerOfSubtree, handle: report },
  listSubscribers: { authorise: authoriseSubscribers, handle: listSubscribers },
  listSessions: { authorise: authoriseSessions, handle: listSessions },
  // Whose lease it is, is looked at where it is looked for.
  grantLease: { authorise: authoriseHolder, handle: grantLease },
  keepAlive: { authorise: authoriseHolder, handle: keepAlive },
  revokeLease: { authorise: authoriseHolderOrOperator, handle: revokeLease },
  readLease: { authorise: authoriseHolderOrOperator, handle: readLease },
  listLeases: { authorise: authoriseHolderOrOperator, handle: listLeases },
};

/** What the bootstrap token is for. */
const BOOTSTRAP: ReadonlySet<Request['type']> = new Set(['createToken', 'whoami', 'status']);

/**
 * Answers one request. A reply that is there at once is returned at once, so that what the request
 * set going (the frames of a watch) cannot come before it.
 */
export function handle<Type extends Request['type']>(
  request: RequestOf<Type>,
  context: ApiContext,
): Answer {
  try {
    // safeguard: request-needs-its-right
    authorise(request, context);
    auditRead(request, context);
    const answer = table[request.type].handle(request, context);
    return answer instanceof Later ? authorisedLater(answer, request, context) : answer;
  } catch (error) {
    return refusal(request, error, context);
  }
}

/** A commit or a transaction that came in parts. */
export interface Whole extends Pick<Request, 'id'> {
  readonly type: 'commit' | 'txn';
  /** Or what is wrong with it. */
  readonly draft: Draft | TxnDraft | ProtocolError;
  /** By the rights of when each part came. */
  readonly judgement: Judgement;
}

/** The same for what came in parts. */
export function handleParts(
  { type, id, draft, judgement }: Whole,
  context: ApiContext,
): Reply | Promise<Reply> {
  try {
    requireInTime(type, context);
    if (draft instanceof Draft) {
      requireWhole(draft, judgement, context);
      return make(id, draft, context, judgement);
    }
    if (!(draft instanceof TxnDraft)) throw draft;
    requireWholeTxn(draft, judgement, context);
    return decide(id, draft, context, judgement);
  } catch (error) {
    return refusal({ type, id }, error, context);
  }
}

function authorise<Type extends Request['type']>(
  request: RequestOf<Type>,
  context: ApiContext,
): void {
  requireInTime(request.type, context);
  table[request.type].authorise(request, context);
}

function requireInTime(type: Request['type'], { principal, service }: ApiContext): void {
  if (principal.kind === 'anyone') return;
  if (type !== 'renew' && isExpired(principal, service.clock))
    throw new ProtocolError('token_expired', 'the token has expired: come back with a new one');
  if (principal.kind === 'bootstrap' && !BOOTSTRAP.has(type))
    throw new ProtocolError(
      'forbidden',
      'the bootstrap token makes the first token of an admin, and nothing else: confer token create NAME --role admin',
    );
}

/** What had to wait is judged by the rights of the time when it is answered (W11). */
function authorisedLater<Type extends Request['type']>(
  later: Later,
  request: RequestOf<Type>,
  context: ApiContext,
): Later {
  const judged = (work: () => Reply) => () => {
    try {
      // safeguard: late-answer-needs-its-right-then
      authorise(request, context);
    } catch (error) {
      return refusal(request, error, context);
    }
    return work();
  };
  return new Later(later.ready.then(judged));
}
