import type { IncomingMessage } from 'node:http';
import { SUBPROTOCOL } from '@confer/shared';
import { WebSocket } from 'ws';
import { FRAME_BYTES_MAX, Link, stillborn } from './adapter.ts';
import type { OpenSocket } from './socket.ts';

/** The socket on Node, of whatever version. How long an attempt may take is up to the caller. */
export const openWs: OpenSocket = (url, handlers) => {
  let ws: WebSocket;
  try {
    ws = new WebSocket(url, SUBPROTOCOL, { perMessageDeflate: false, maxPayload: FRAME_BYTES_MAX });
  } catch (error) {
    return stillborn(error, handlers);
  }
  const link = new Link(
    {
      send: (frame) => ws.send(frame),
      close: (code, reason) => ws.close(code, reason),
      abandon: () => ws.terminate(),
    },
    handlers,
  );
  let trouble: string | undefined;
  ws.on('open', () => link.opened());
  ws.on('message', (data, isBinary) => {
    if (isBinary) link.receivedBinary();
    else link.received(data.toString());
  });
  ws.on('unexpected-response', (_request, response) => {
    trouble = answerText(response);
    ws.terminate();
  });
  // A second error is what the library makes of being terminated over the first.
  ws.on('error', (error) => {
    trouble ??= errorText(error);
  });
  ws.on('close', (code, reason) => link.closed(code, reason.toString() || (trouble ?? '')));
  return link;
};

function answerText({ statusCode = 0, statusMessage = '' }: IncomingMessage): string {
  const answer = `server answered HTTP ${statusCode} ${statusMessage}`.trim();
  // Gateways in front of a Confer server answer 5xx while it is away.
  return statusCode >= 500 ? answer : `${answer} (is this a Confer server?)`;
}

/** A name with several addresses fails with one error for each, and no message of its own. */
function errorText(error: Error): string {
  if (error instanceof AggregateError && error.message === '') {
    return error.errors.map((one) => (one instanceof Error ? one.message : String(one))).join(', ');
  }
  return error.message;
}
