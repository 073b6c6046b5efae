import { once } from 'node:events';
import { openWebSocket, type WebSocket } from '../support/websocket.ts';

const BATCH = Buffer.from('{"type":"commits"');
const WELCOME = Buffer.from('{"type":"welcome"');
const SYNCED = Buffer.from('{"type":"synced"');

/**
 * The cheapest reader there is, so that the load generator is not what is measured: it looks at the
 * first bytes of a frame and counts the changes by their mark.
 */
export class Subscriber {
  changes = 0;
  readonly #socket: WebSocket;
  readonly synced: Promise<void>;

  constructor(url: string, path: string) {
    this.#socket = openWebSocket(url);
    this.#socket.on('open', () => this.#socket.send('{"type":"hello","version":1}'));
    this.synced = new Promise((resolve, reject) => {
      this.#socket.on('error', reject);
      this.#socket.on('message', (frame: Buffer) => {
        if (starts(frame, BATCH)) this.changes += count(frame);
        else if (starts(frame, WELCOME))
          this.#socket.send(JSON.stringify({ type: 'watch', id: 1, path, mode: 'state' }));
        else if (starts(frame, SYNCED)) resolve();
      });
    });
  }

  async close(): Promise<void> {
    this.#socket.terminate();
    await once(this.#socket, 'close');
  }
}

function starts(frame: Buffer, mark: Buffer): boolean {
  return frame.subarray(0, mark.length).equals(mark);
}

const PUT = Buffer.from('"type":"put"');

function count(frame: Buffer): number {
  let changes = 0;
  for (let at = frame.indexOf(PUT); at !== -1; at = frame.indexOf(PUT, at + PUT.length)) changes++;
  return changes;
}
