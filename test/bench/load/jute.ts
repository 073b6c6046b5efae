import { signal } from './signal.ts';
import { Wire } from './wire.ts';

/** What ZooKeeper calls its requests. */
const CREATE = 1;
export const GET_DATA = 4;
export const SET_DATA = 5;
export const ADD_WATCH = 106;

const WATCH_EVENT_XID = -1;
const LENGTH_BYTES = 4;
/** xid, zxid, error. */
const REPLY_HEAD_BYTES = 16;
/** Longer than any run, so that no client has to ping. */
const SESSION_TIMEOUT_MS = 600_000;

export interface JuteHandler {
  onReply(error: number, bytes: Buffer, start: number, end: number): void;
  /** Something happened that was watched: what, as ZooKeeper numbers it. */
  onEvent(type: number): void;
}

/** A session with ZooKeeper. */
export class JuteWire {
  readonly ready: Promise<void>;
  readonly #wire: Wire;

  constructor(port: number, handler: JuteHandler) {
    const connected = signal();
    let isConnected = false;
    this.ready = connected.came;
    this.#wire = new Wire(port, {
      lengthAt: (bytes, start, end) =>
        end - start < LENGTH_BYTES ? 0 : LENGTH_BYTES + bytes.readInt32BE(start),
      onMessage(bytes, start, end) {
        const at = start + LENGTH_BYTES;
        if (!isConnected) {
          isConnected = true;
          connected.come();
        } else if (bytes.readInt32BE(at) === WATCH_EVENT_XID)
          handler.onEvent(bytes.readInt32BE(at + REPLY_HEAD_BYTES));
        else handler.onReply(bytes.readInt32BE(at + 12), bytes, at + REPLY_HEAD_BYTES, end);
      },
    });
    this.#wire.send(
      packet(
        int(0),
        Buffer.alloc(8),
        int(SESSION_TIMEOUT_MS),
        Buffer.alloc(8),
        int(16),
        Buffer.alloc(17),
      ),
    );
  }

  send(bytes: Buffer): void {
    this.#wire.send(bytes);
  }

  stall(): void {
    this.#wire.stall();
  }

  resume(): void {
    this.#wire.resume();
  }

  close(): void {
    this.#wire.close();
  }
}

export function int(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

export function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([int(bytes.length), bytes]);
}

/** The server answers in order, so all requests have the same xid. */
export function juteRequest(kind: number, ...fields: readonly Buffer[]): Buffer {
  return packet(int(1), int(kind), ...fields);
}

/** A node that everybody may do anything to. */
export function createNode(path: string, value: string): Buffer {
  return juteRequest(
    CREATE,
    text(path),
    text(value),
    int(1),
    int(31),
    text('world'),
    text('anyone'),
    int(0),
  );
}

function packet(...fields: readonly Buffer[]): Buffer {
  const bytes = Buffer.concat(fields);
  return Buffer.concat([int(bytes.length), bytes]);
}
