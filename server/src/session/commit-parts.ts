import {
  type CommitRequest,
  limits,
  ProtocolError,
  type Request,
  type TxnRequest,
} from '@confer/shared';
import type { Whole } from '../api/api.ts';
import { Judgement } from '../auth/judgement.ts';
import type { Principal } from '../auth/principal.ts';
import { Draft } from '../store/draft.ts';
import { TxnDraft } from '../store/txn-draft.ts';

type Part = CommitRequest | TxnRequest;

/** A commit, or a transaction, whose last part has not come. */
interface Unfinished {
  readonly id: number;
  readonly type: Part['type'];
  readonly requestId: string;
  /** Or what is wrong with it, which its last part is answered with. */
  draft: Draft | TxnDraft | ProtocolError;
  readonly judgement: Judgement;
  parts: number;
  bytes: number;
}

/** What a message is after the parts before it. */
export type Taken =
  | { readonly kind: 'request'; readonly request: Request }
  /** A part, and not the last. */
  | { readonly kind: 'part' }
  /** All parts are there. `bytesBefore`: of those before the last. */
  | {
      readonly kind: 'whole';
      readonly whole: Whole;
      readonly bytesBefore: number;
    }
  /** A part is missing, so nobody knows any more what was meant. */
  | { readonly kind: 'out of turn'; readonly problem: string };

/**
 * Puts together the commits and transactions that come in parts. The parts of one follow each other, so that there is
 * one at a time; each is checked when it comes, so that none of it is left for the turn of the last.
 */
export class CommitParts {
  #unfinished: Unfinished | undefined;

  /** `principal`: whose it is, by the policy that holds now. */
  take(request: Request, bytes: number, principal: Principal): Taken {
    if (isPart(request)) return this.#takePart(request, bytes, principal);
    if (this.#unfinished === undefined) return { kind: 'request', request };
    return outOfTurn('between the parts of a commit nothing but heartbeats comes');
  }

  #takePart(part: Part, bytes: number, principal: Principal): Taken {
    const unfinished = this.#unfinished ?? begin(part);
    const { id, type, requestId, parts } = unfinished;
    const isNext = part.id === id && part.type === type && (part.part ?? 0) === parts;
    if (!isNext || part.requestId !== requestId)
      return outOfTurn(`part ${parts} of a ${type} comes next, with its id and its requestId`);
    const bytesBefore = unfinished.bytes;
    unfinished.parts += 1;
    unfinished.bytes += bytes;
    unfinished.draft = extended(unfinished, part);
    if (!(unfinished.draft instanceof ProtocolError)) judge(unfinished, part, principal);
    this.#unfinished = part.more === true ? unfinished : undefined;
    if (part.more === true) return { kind: 'part' };
    const { draft, judgement } = unfinished;
    return { kind: 'whole', whole: { type, id, draft, judgement }, bytesBefore };
  }
}

function isPart(request: Request): request is Part {
  const isWrite = request.type === 'commit' || request.type === 'txn';
  return isWrite && (request.more === true || request.part !== undefined);
}

function begin({ id, type, requestId }: Part): Unfinished {
  const draft = type === 'txn' ? new TxnDraft(requestId) : new Draft(requestId);
  return { id, type, requestId, draft, judgement: new Judgement(), parts: 0, bytes: 0 };
}

function extended({ draft, bytes }: Unfinished, part: Part): Unfinished['draft'] {
  if (draft instanceof ProtocolError) return draft;
  const { commitBytesMax } = limits;
  if (bytes > commitBytesMax)
    return new ProtocolError('too_large', `a commit is at most ${commitBytesMax} bytes long`);
  try {
    if (draft instanceof TxnDraft) return part.type === 'txn' ? draft.add(part) : draft;
    return part.type === 'commit' ? draft.add(part) : draft;
  } catch (error) {
    if (error instanceof ProtocolError) return error;
    throw error;
  }
}

function judge({ judgement }: Unfinished, part: Part, principal: Principal): void {
  if (part.type === 'txn')
    judgement.add(principal, { conditions: part.if, operations: [part.then, part.else ?? []] });
  else
    judgement.add(principal, {
      conditions: part.conditions ?? [],
      operations: [part.operations],
    });
}

function outOfTurn(problem: string): Taken {
  return { kind: 'out of turn', problem };
}
