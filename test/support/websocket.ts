import { WebSocket } from 'ws';

export type { WebSocket };

/** A plain WebSocket to a server at `url`, as a client in any language would open it. */
export function openWebSocket(url: string): WebSocket {
  return new WebSocket(`${url.replace('http', 'ws')}/v1`, 'confer.v1', {
    perMessageDeflate: false,
  });
}
