import type { IncomingMessage } from 'node:http';
import { SUBPROTOCOL } from '@confer/shared';
import { WebSocket } from 'ws';
import { FRAME_BYTES_MAX, failedSocket, SocketAdapter } from './adapter.ts';
import type { OpenSocket } from './socket.ts';

/** The socket on Node, of whatever version. How long an attempt may take is up to the caller. */
export const openWs: OpenSocket = (url, handlers) => {
  let ws: WebSocket;
  try {
    ws = new WebSocket(url, SUBPROTOCOL, { perMessageDeflate: false, maxPayload: FRAME_BYTES_MAX });
  } catch (error) {
    return failedSocket(error, handlers);
  }
  const adapter = new SocketAdapter(
    {
      send: (frame) => ws.send(frame),
      close: (code, reason) => ws.close(code, reason),
      abandon: () => ws.terminate(),
    },
    handlers,
  );
  let failureReason: string | undefined;
  ws.on('open', () => adapter.opened());
  ws.on('message', (data, isBinary) => {
    if (isBinary) adapter.receivedBinary();
    else adapter.received(data.toString());
  });
  ws.on('unexpected-response', (_request, response) => {
    failureReason = answerText(response);
    ws.terminate();
  });
  // A second error is what the library makes of being terminated over the first.
  ws.on('error', (error) => {
    failureReason ??= errorText(error);
  });
  ws.on('close', (code, reason) =>
    adapter.closed(code, reason.toString() || (failureReason ?? '')),
  );
  return adapter;
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
