import { SUBPROTOCOL } from '@confer/shared';
import { Link, stillborn } from './adapter.ts';
import type { OpenSocket } from './socket.ts';

/**
 * The socket of a browser. Node has one like it from version 22 on, which is not taken: it does not say
 * why an attempt failed, and cannot be dropped when the other side is frozen.
 */
export const openPlatformSocket: OpenSocket = (url, handlers) => {
  let socket: WebSocket;
  try {
    socket = new WebSocket(url, SUBPROTOCOL);
  } catch (error) {
    return stillborn(error, handlers);
  }
  const link = new Link(
    {
      send: (frame) => socket.send(frame),
      close: (code, reason) => socket.close(allowedCode(code), reason),
      // There is no way to drop the connection; its `close` event comes when the platform sees fit.
      abandon: () => {},
    },
    handlers,
  );
  socket.addEventListener('open', () => link.opened());
  socket.addEventListener('message', ({ data }) => {
    if (typeof data === 'string') link.received(data);
    else link.receivedBinary();
  });
  // Not every implementation lets a `close` follow on a failed attempt.
  socket.addEventListener('error', () => link.failed());
  socket.addEventListener('close', ({ code, reason }) => link.closed(code, reason));
  return link;
};

/** Pages may close with 1000 and 3000 to 4999 only; the other codes move there, 1003 as 4003. */
function allowedCode(code: number): number {
  if (code === 1000 || code >= 3000) return code;
  return 4000 + (code % 1000);
}
