import { type CommitRequest, decodeRequest, limits, ProtocolError } from '@confer/shared';
import { jsonAnswer } from './answers.ts';
import { requireJson } from './media-type.ts';
import { readHeaders } from './read-headers.ts';
import type { Call, KnownRoute } from './route.ts';
import { requestIdOf, traceOf } from './writes.ts';

/** Many operations as one commit, under conditions. */
export const commitRoutes: readonly KnownRoute[] = [
  { method: 'POST', pattern: '/v1/commit', query: [], access: 'known', handle: commit },
];

/** The body is the message of the WebSocket, without its type and number. */
async function commit(call: Call) {
  requireJson(call.exchange.head);
  const of = (body: string) => requestOf(body, call);
  const request = await call.readBody(limits.messageBytesMax, of);
  const { type: _, id: __, ...done } = await call.ask(request, 'committed');
  return jsonAnswer(done, readHeaders(done.revision, call.service));
}

/** An `Idempotency-Key` is the request id where the message has none, and no other one where it has. */
function requestOf(body: string, call: Call): CommitRequest {
  const key = requestIdOf(call);
  const decoded = decodeRequest(
    body,
    { type: 'commit', id: 0 },
    { requestId: key, ...traceOf(call) },
  );
  if (!decoded.ok) throw new ProtocolError(decoded.code, decoded.problem);
  const { message } = decoded;
  if (message.type !== 'commit') throw new Error(`${message.type} was read for a commit`);
  // safeguard: request-has-one-id
  if (call.exchange.head.headers.has('idempotency-key') && message.requestId !== key)
    throw wrong('requestId is another than the Idempotency-Key');
  if (message.part !== undefined || message.more !== undefined)
    throw wrong('a commit of HTTP comes whole: only that of a WebSocket has parts');
  return message;
}

function wrong(message: string): ProtocolError {
  return new ProtocolError('invalid_message', message);
}
