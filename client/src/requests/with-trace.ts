import { isTraceparent, type Request, type Unsent } from '@confer/shared';

/** A write with what it is a part of, where somebody knows that; any other request as it is. */
export function withTrace(
  request: Unsent<Request>,
  traceparent: () => string | undefined,
): Unsent<Request> {
  if (request.type !== 'commit' && request.type !== 'txn') return request;
  const known = knownOf(traceparent);
  return known === undefined ? request : { ...request, traceparent: known };
}

/** What goes wrong with tracing is no reason not to write. */
function knownOf(traceparent: () => string | undefined): string | undefined {
  try {
    const text = traceparent();
    return text !== undefined && isTraceparent(text) ? text : undefined;
  } catch {
    return undefined;
  }
}
