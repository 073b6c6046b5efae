import { type CommitRequest, limits, ProtocolError, type Request } from '@confer/shared';

/** A commit that travels in several messages, put together again (PROTOCOL.md, section 4). */
export class CommitParts {
  #parts: CommitRequest[] = [];

  /**
   * The request that is to be answered; `undefined` while parts of it are missing.
   * @throws {ProtocolError} `bad_message`, which ends the connection: nobody knows any more what was meant.
   */
  take(request: Request): Request | undefined {
    const isPart = request.type === 'commit' && (request.part !== undefined || request.more);
    if (!isPart && this.#parts.length === 0) return request;
    const [first = request] = this.#parts;
    if (
      request.type !== 'commit' ||
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

function joined(parts: readonly CommitRequest[], { id, requestId }: CommitRequest): CommitRequest {
  const note = parts.find((part) => part.note !== undefined)?.note;
  return {
    ...{ type: 'commit', id, requestId },
    operations: parts.flatMap(({ operations }) => operations),
    conditions: parts.flatMap(({ conditions = [] }) => conditions),
    ...(note !== undefined && { note }),
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
