import { SUBPROTOCOL } from '@confer/shared';
import { failedSocket, SocketAdapter } from './adapter.ts';
import type { OpenSocket } from './socket.ts';

/**
 * The socket of a browser. Node has one like it from version 22 on, which is not taken: it does not say
 * why an attempt failed, and cannot be dropped when the other side is frozen.
 */
export const openBrowserSocket: OpenSocket = (url, handlers) => {
  let socket: WebSocket;
  try {
    socket = new WebSocket(url, SUBPROTOCOL);
  } catch (error) {
    return failedSocket(error, handlers);
  }
  const adapter = new SocketAdapter(
    {
      send: (frame) => socket.send(frame),
      close: (code, reason) => socket.close(allowedCode(code), reason),
      // There is no way to drop the connection; its `close` event comes when the platform sees fit.
      abandon: () => {},
    },
    handlers,
  );
  socket.addEventListener('open', () => adapter.opened());
  socket.addEventListener('message', ({ data }) => {
    if (typeof data === 'string') adapter.received(data);
    else adapter.receivedBinary();
  });
  // Not every implementation lets a `close` follow on a failed attempt.
  socket.addEventListener('error', () => adapter.failed());
  socket.addEventListener('close', ({ code, reason }) => adapter.closed(code, reason));
  return adapter;
};

/** Pages may close with 1000 and 3000 to 4999 only; the other codes move there, 1003 as 4003. */
function allowedCode(code: number): number {
  if (code === 1000 || code >= 3000) return code;
  return 4000 + (code % 1000);
}
