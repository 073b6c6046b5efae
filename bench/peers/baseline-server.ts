import uws, { type HttpRequest, type WebSocket } from 'uWebSockets.js';
import { commitsFrame, orderOf, snapshotFrames } from './baseline-frames.ts';

interface Slot {
  readonly role: string;
  readonly subtree: string;
  /** Of a snapshot, how many frames were sent. */
  sent: number;
}

type Socket = WebSocket<Slot>;

const NO_LIMIT = 1024 ** 3;
const COMMITTED = '{"type":"committed","id":0,"revision":1000,"puts":1,"deletes":0}';
const WATCHING = '{"type":"watching","id":1,"watch":"w1","revision":0}';

/**
 * The least that a server in this language can do: bare uWebSockets.js that sends on command the
 * very bytes that Confer would send, and knows nothing of what is in them.
 */
export function serveBaseline(port: number): void {
  const baseline = new Baseline();
  const app = uws.App();
  app.ws<Slot>('/*', {
    compression: uws.DISABLED,
    idleTimeout: 900,
    sendPingsAutomatically: false,
    maxBackpressure: NO_LIMIT,
    maxPayloadLength: 32 * 1024 * 1024,
    upgrade(response, request, context) {
      response.upgrade(
        slotOf(request),
        request.getHeader('sec-websocket-key'),
        request.getHeader('sec-websocket-protocol'),
        request.getHeader('sec-websocket-extensions'),
        context,
      );
    },
    open: (ws) => baseline.opened(ws),
    drain: (ws) => baseline.sendSnapshot(ws),
    close: (ws) => baseline.closed(ws),
    message: (ws, message) => baseline.ordered(ws, message),
  });
  app.listen('127.0.0.1', port, (token) => {
    if (token === false) throw new Error(`port ${port} is taken`);
  });
}

function slotOf(request: HttpRequest): Slot {
  const [, role = '', ...subtree] = request.getUrl().split('/');
  return { role, subtree: subtree.join('/'), sent: 0 };
}

class Baseline {
  readonly #subscribers = new Map<string, Set<Socket>>();
  readonly #snapshots = new Map<string, readonly Buffer[]>();

  opened(ws: Socket): void {
    const { role, subtree } = ws.getUserData();
    if (role === 'read') this.sendSnapshot(ws);
    if (role !== 'subscribe') return;
    const those = this.#subscribers.get(subtree) ?? new Set();
    this.#subscribers.set(subtree, those.add(ws));
    ws.send(WATCHING);
  }

  closed(ws: Socket): void {
    this.#subscribers.get(ws.getUserData().subtree)?.delete(ws);
  }

  ordered(ws: Socket, message: ArrayBuffer): void {
    const { role } = ws.getUserData();
    if (role === 'echo') {
      ws.send(COMMITTED);
      return;
    }
    const order = orderOf(Buffer.from(message).toString());
    if (role === 'fill') this.#snapshots.set(order.subtree, snapshotFrames(order));
    else {
      const frame = commitsFrame(order);
      for (const subscriber of this.#subscribers.get(order.subtree) ?? [])
        subscriber.send(frame, false);
    }
    ws.send(String(order.count));
  }

  /** Goes on until the socket takes no more. */
  sendSnapshot(ws: Socket): void {
    const slot = ws.getUserData();
    const frames = slot.role === 'read' ? (this.#snapshots.get(slot.subtree) ?? []) : [];
    while (slot.sent < frames.length && ws.getBufferedAmount() === 0)
      ws.send(frames[slot.sent++] ?? '', false);
  }
}
