import { once } from 'node:events';
import { openWebSocket, type WebSocket } from './websocket.ts';

const WITHIN_MS = 10_000;
const FRAME_BYTES_MAX = 16 * 1024;
/** Code points of at most four bytes: they and the `+` fit a frame. */
const PIECE = /.{1,4000}/gsu;

type Message = Readonly<Record<string, unknown>>;

/** A client written from PROTOCOL.md alone, with none of Confer's code. */
export class RawSocket {
  readonly received: Message[] = [];
  closed: { readonly code: number; readonly reason: string } | undefined;
  readonly #socket: WebSocket;
  #look = () => {};

  constructor(url: string) {
    this.#socket = openWebSocket(url);
    this.#socket.on('message', (data: Buffer) => {
      this.received.push(JSON.parse(data.toString()));
      this.#look();
    });
    this.#socket.on('close', (code, reason) => {
      this.closed = { code, reason: reason.toString() };
      this.#look();
    });
    this.#socket.on('error', () => {});
  }

  static async welcomed(url: string, token?: string): Promise<RawSocket> {
    const raw = new RawSocket(url);
    await raw.opened();
    raw.send({ type: 'hello', version: 1, client: { name: 'raw' }, ...(token && { token }) });
    await raw.next('welcome');
    return raw;
  }

  async opened(): Promise<void> {
    await once(this.#socket, 'open');
  }

  send(message: Message): void {
    this.sendText(JSON.stringify(message));
  }

  /** Sends a message as it is, in the frames that it needs. */
  sendText(text: string): void {
    const fits = Buffer.byteLength(text) <= FRAME_BYTES_MAX;
    const pieces = fits ? [text] : (text.match(PIECE) ?? []);
    for (const [i, piece] of pieces.entries())
      this.sendFrame(i < pieces.length - 1 ? `+${piece}` : piece);
  }

  /** Sends one frame. */
  sendFrame(frame: string | Buffer): void {
    this.#socket.send(frame);
  }

  /** Sends bytes below the WebSocket, as a broken client would. */
  sendBytes(bytes: Buffer): void {
    const socket: unknown = Reflect.get(this.#socket, '_socket');
    if (isWritable(socket)) socket.write(bytes);
  }

  /** Stops or goes on reading, so that the server cannot get rid of what it sends. */
  pause(isPaused: boolean): void {
    if (isPaused) this.#socket.pause();
    else this.#socket.resume();
  }

  close(): void {
    this.#socket.terminate();
  }

  /** The next message of a type; those before it are taken away. */
  async next(type: string, withinMs = WITHIN_MS): Promise<Message> {
    return this.#until(
      () => {
        for (let message = this.received.shift(); message; message = this.received.shift())
          if (message.type === type) return message;
        return undefined;
      },
      type,
      withinMs,
    );
  }

  async end(): Promise<{ readonly code: number; readonly reason: string }> {
    return this.#until(() => this.closed, 'the end');
  }

  #until<T>(find: () => T | undefined, what: string, withinMs = WITHIN_MS): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${what} did not come`)), withinMs);
      this.#look = () => {
        const found = find();
        if (found === undefined) return;
        clearTimeout(timer);
        this.#look = () => {};
        resolve(found);
      };
      this.#look();
    });
  }
}

function isWritable(socket: unknown): socket is { write(bytes: Buffer): void } {
  return typeof socket === 'object' && socket !== null && 'write' in socket;
}
