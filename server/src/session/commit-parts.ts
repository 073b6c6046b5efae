import { type CommitRequest, limits, ProtocolError, type Request } from '@confer/shared';
import { Draft } from '../store/draft.ts';

/** A commit whose last part has not come. */
interface Unfinished {
  readonly id: number;
  /** Or what is wrong with it, which its last part is answered with. */
  draft: Draft | ProtocolError;
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
      readonly kind: 'commit';
      readonly id: number;
      readonly draft: Draft | ProtocolError;
      readonly bytesBefore: number;
    }
  /** A part is missing, so nobody knows any more what was meant. */
  | { readonly kind: 'out of turn'; readonly problem: string };

/**
 * Puts together the commits that come in parts. The parts of one follow each other, so that there is one at
 * a time; each is checked when it comes, so that none of it is left for the turn of the last.
 */
export class CommitParts {
  #unfinished: Unfinished | undefined;

  take(request: Request, bytes: number): Taken {
    if (isPart(request)) return this.#takePart(request, bytes);
    if (this.#unfinished === undefined) return { kind: 'request', request };
    return outOfTurn('between the parts of a commit nothing but heartbeats comes');
  }

  #takePart(part: CommitRequest, bytes: number): Taken {
    const unfinished = this.#unfinished ?? begin(part);
    const { id, parts } = unfinished;
    const isNext = part.id === id && (part.part ?? 0) === parts;
    if (!isNext || part.requestId !== requestIdOf(unfinished, part))
      return outOfTurn(`part ${parts} of a commit comes next, with its id and its requestId`);
    const bytesBefore = unfinished.bytes;
    unfinished.parts += 1;
    unfinished.bytes += bytes;
    unfinished.draft = extended(unfinished, part);
    this.#unfinished = part.more === true ? unfinished : undefined;
    if (part.more === true) return { kind: 'part' };
    return { kind: 'commit', id, draft: unfinished.draft, bytesBefore };
  }
}

function isPart(request: Request): request is CommitRequest {
  return request.type === 'commit' && (request.more === true || request.part !== undefined);
}

function begin({ id, requestId }: CommitRequest): Unfinished {
  return { id, draft: new Draft(requestId), parts: 0, bytes: 0 };
}

function requestIdOf({ draft }: Unfinished, part: CommitRequest): string {
  return draft instanceof Draft ? draft.requestId : part.requestId;
}

function extended({ draft, bytes }: Unfinished, part: CommitRequest): Draft | ProtocolError {
  if (!(draft instanceof Draft)) return draft;
  const { commitBytesMax } = limits;
  if (bytes > commitBytesMax)
    return new ProtocolError('too_large', `a commit is at most ${commitBytesMax} bytes long`);
  try {
    return draft.add(part);
  } catch (error) {
    if (error instanceof ProtocolError) return error;
    throw error;
  }
}

function outOfTurn(problem: string): Taken {
  return { kind: 'out of turn', problem };
}
