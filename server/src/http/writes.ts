import { type CommitRequest, isTraceparent, limits, ProtocolError } from '@confer/shared';
import { headerOf } from '../transport/request-head.ts';
import { HttpFailure, PRECONDITION_FAILED } from './failure.ts';
import type { Call } from './route.ts';

/** What came of a write. */
export interface Written {
  readonly revision: number;
  readonly puts: number;
  readonly deletes: number;
}

/** Makes a commit. Where a condition came in a header, that it does not hold is said as HTTP says it. */
export async function written(
  call: Call,
  asked: Omit<CommitRequest, 'type' | 'id' | 'requestId'>,
): Promise<Written> {
  try {
    const requestId = requestIdOf(call);
    const request = { ...asked, ...traceOf(call), type: 'commit', id: 0, requestId } as const;
    const { revision, puts, deletes } = await call.ask(request, 'committed');
    return { revision, puts, deletes };
  } catch (error) {
    if (!(error instanceof HttpFailure) || error.body.code !== 'conflict') throw error;
    throw new HttpFailure(error.body, error.headers, PRECONDITION_FAILED);
  }
}

/**
 * The span that a write is a part of, where its asker names one, as programs that trace do. One that is none is nobody's
 * mistake to be told of: the W3C has it left out.
 */
export function traceOf({ exchange }: Call): { readonly traceparent?: string } {
  const traceparent = headerOf(exchange.head, 'traceparent');
  return isTraceparent(traceparent) ? { traceparent } : {};
}

/**
 * The same for every try of a write, so that it is done once (S4); a fresh one where none was sent. One without a value
 * is refused: whoever sends that means to be protected, and would not be.
 */
export function requestIdOf({ exchange, service }: Call): string {
  if (!exchange.head.headers.has('idempotency-key')) return service.runtime.newId();
  const key = headerOf(exchange.head, 'idempotency-key');
  // safeguard: idempotency-key-is-whole
  if (key.length <= limits.requestIdLengthMax && /^[\x21-\x7e]+$/.test(key)) return key;
  const rule = `an Idempotency-Key has 1 to ${limits.requestIdLengthMax} printable ASCII characters`;
  throw new ProtocolError('invalid_message', rule);
}
