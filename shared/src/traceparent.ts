import { ProtocolError } from './errors.ts';

/** Version, trace, span and flags, as "Trace Context" of the W3C has them; neither of the two in the middle is all zeros. */
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** Whether a text names a trace and a span, as the header `traceparent` does. */
export function isTraceparent(text: string): boolean {
  return TRACEPARENT.test(text);
}

/** @throws {ProtocolError} where a text is none. */
export function checkTraceparent(text: string): void {
  if (!isTraceparent(text))
    throw new ProtocolError(
      'invalid_message',
      'traceparent is that of the W3C: 00-TRACE-SPAN-FLAGS, in hex of lower case',
    );
}
