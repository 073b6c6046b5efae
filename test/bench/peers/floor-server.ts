import uws, { type WebSocket } from 'uWebSockets.js';
import { valueText } from '../load/value.ts';

interface Slot {
  readonly url: string;
}

const NO_LIMIT = 1024 ** 3;
const REPLY = '{"type":"committed","id":0,"revision":1000,"puts":1,"deletes":0}';

/**
 * The least that a server in this language can do: bare uWebSockets.js that sends on command the
 * very bytes that Confer would send, and knows nothing of what is in them.
 */
export function serveFloor(port: number): void {
  const subscribers = new Map<string, Set<WebSocket<Slot>>>();
  const behaviour = {
    compression: uws.DISABLED,
    idleTimeout: 900,
    sendPingsAutomatically: false,
    maxBackpressure: NO_LIMIT,
    maxPayloadLength: 32 * 1024 * 1024,
  };
  const app = uws.App();
  app.ws<Slot>('/*', {
    ...behaviour,
    upgrade(response, request, context) {
      response.upgrade(
        { url: request.getUrl() },
        request.getHeader('sec-websocket-key'),
        request.getHeader('sec-websocket-protocol'),
        request.getHeader('sec-websocket-extensions'),
        context,
      );
    },
    open(ws) {
      const topic = topicOf(ws.getUserData());
      if (topic === undefined) return;
      const those = subscribers.get(topic) ?? new Set();
      subscribers.set(topic, those.add(ws));
      ws.send('{"type":"watching","id":1,"watch":"w1","revision":0}');
    },
    close(ws) {
      subscribers.get(topicOf(ws.getUserData()) ?? '')?.delete(ws);
    },
    message(ws, message) {
      if (ws.getUserData().url === '/echo') ws.send(REPLY);
      else ws.send(publish(Buffer.from(message).toString(), subscribers));
    },
  });
  app.listen('127.0.0.1', port, (token) => {
    if (token === false) throw new Error(`port ${port} is taken`);
  });
}

function topicOf({ url }: Slot): string | undefined {
  return /^\/subscribe\/(.+)/.exec(url)?.[1];
}

/** Does what a publisher ordered; returns the number of changes. */
function publish(order: string, subscribers: ReadonlyMap<string, Set<WebSocket<Slot>>>): string {
  const [subtree = '', first, count = '', valueBytes] = order.split(' ');
  const frame = commitsFrame(subtree, Number(first), Number(count), Number(valueBytes));
  for (const ws of subscribers.get(subtree) ?? []) ws.send(frame);
  return count;
}

/** One frame as Confer makes it: see `commits` in shared/PROTOCOL.md. */
function commitsFrame(subtree: string, first: number, count: number, valueBytes: number): string {
  const commits = Array.from({ length: count }, (_, i) => ({
    revision: first + i,
    time: Date.now(),
    actor: 'bench',
    changes: [
      {
        type: 'put',
        path: `/${subtree}/k${i}`,
        value: valueText(first + i, valueBytes),
        createRevision: 1 + i,
        version: first,
      },
    ],
  }));
  const from = first - 1;
  return JSON.stringify({ type: 'commits', watch: 'w1', from, to: from + count, commits });
}
