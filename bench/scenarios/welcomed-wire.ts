import { signal } from '../load/signal.ts';
import { HELLO_TEXT } from '../load/token.ts';
import { frameOf, WebSocketWire } from '../load/websocket.ts';

/** A connection that only writes, and costs its process next to nothing. */
export async function welcomedWire(port: number): Promise<WebSocketWire> {
  const opened = signal();
  const wire = new WebSocketWire(port, '/v1', (bytes, start) => {
    // Of `welcome`, the only message here that begins with a w.
    if (bytes.toString('latin1', start + 9, start + 10) === 'w') opened.come();
  });
  await wire.opened;
  wire.send(frameOf(HELLO_TEXT));
  await opened.came;
  return wire;
}
