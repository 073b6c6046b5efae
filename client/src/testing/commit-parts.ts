import {
  type CommitRequest,
  limits,
  ProtocolError,
  type Request,
  type TxnRequest,
} from '@confer/shared';

type Part = CommitRequest | TxnRequest;

/** A commit or a transaction that travels in several messages, put together again (PROTOCOL.md, section 4). */
export class CommitParts {
  #parts: Part[] = [];

  /**
   * The request that is to be answered; `undefined` while parts of it are missing.
   * @throws {ProtocolError} `bad_message`, which ends the connection: nobody knows any more what was meant.
   */
  take(request: Request): Request | undefined {
    const isWrite = request.type === 'commit' || request.type === 'txn';
    const isPart = isWrite && (request.part !== undefined || request.more);
    if (!isPart && this.#parts.length === 0) return request;
    const [first = request] = this.#parts;
    if (
      !isWrite ||
      request.type !== first.type ||
      (request.part ?? 0) !== this.#parts.length ||
      request.id !== first.id
    )
      throw new ProtocolError('bad_message', 'the parts of a commit follow each other');
    this.#parts.push(request);
    if (request.more === true) return undefined;
    const whole = joined(this.#parts, request);
    this.#parts = [];
    return whole;
  }
}

function joined(parts: readonly Part[], { type, id, requestId }: Part): Part {
  const note = parts.find((part) => part.note !== undefined)?.note;
  const noted = note === undefined ? {} : { note };
  const commits = parts.filter((part) => part.type === 'commit');
  const txns = parts.filter((part) => part.type === 'txn');
  if (type === 'txn')
    return {
      ...{ type, id, requestId, ...noted },
      if: txns.flatMap((part) => part.if),
      then: txns.flatMap((part) => part.then),
      else: txns.flatMap((part) => part.else ?? []),
    };
  return {
    ...{ type, id, requestId, ...noted },
    operations: commits.flatMap(({ operations }) => operations),
    conditions: commits.flatMap(({ conditions = [] }) => conditions),
  };
}

/** @throws {ProtocolError} `invalid_message` or `too_large`. */
export function checkCount({ operations, conditions = [] }: CommitRequest): void {
  const { operationsMax } = limits;
  if (operations.length === 0)
    throw new ProtocolError('invalid_message', 'a commit has at least one operation');
  if (operations.length > operationsMax || conditions.length > operationsMax)
    throw new ProtocolError(
      'too_large',
      `a commit has at most ${operationsMax} operations and as many conditions`,
    );
}
