import { type DownMessage, decodeDown, type UpMessage } from '@confer/shared';
import type { Core } from '../core.ts';
import type { Socket, SocketHandlers } from '../transport/socket.ts';

/** A connection to a core without any client: frames in, frames out, as a test says. */
export class RawClient {
  readonly received: DownMessage[] = [];
  onReceived: () => void = () => {};
  closed: { readonly code: number; readonly reason: string } | undefined;
  terminated = false;
  /** Whether the server knows whose it is. */
  isKnown = false;
  /** What becomes of a frame: once one is buffered, the socket is full until it drains. */
  answer: 'sent' | 'buffered' = 'sent';
  #isFull = false;
  bufferedBytes = 0;
  /** Bytes of a frame come that is not whole. */
  isReceiving = false;
  readonly #handlers: SocketHandlers;

  constructor(core: Core, address = '192.0.2.1') {
    const client = this;
    const socket: Socket = {
      // What counts is whose connection it is, not who brings it.
      remote: '10.255.0.1:4711',
      address,
      isProxied: true,
      transport: 'raw',
      isOneRequest: false,
      certificateName: undefined,
      get bufferedBytes() {
        return client.bufferedBytes;
      },
      get writable() {
        return !client.#isFull;
      },
      isReceiving: () => client.isReceiving,
      send: (frame) => this.#take(frame),
      cork: (run) => run(),
      close: (code, reason) => {
        this.closed ??= { code, reason };
      },
      terminate: () => {
        this.terminated = true;
      },
      known: () => {
        this.isKnown = true;
      },
    };
    this.#handlers = core.accept(socket);
  }

  /** Connected and welcomed. */
  static open(core: Core): RawClient {
    const client = new RawClient(core);
    client.send({ type: 'hello', version: 1, client: { name: 'test' } });
    client.take('welcome');
    return client;
  }

  /** Connected with a token, and welcomed. */
  static as(core: Core, token: string, remote?: string): RawClient {
    const client = new RawClient(core, remote);
    client.send({ type: 'hello', version: 1, token, client: { name: 'a name of its own' } });
    client.take('welcome');
    return client;
  }

  send(message: UpMessage): void {
    this.sendText(JSON.stringify(message));
  }

  sendText(frame: string): void {
    this.#handlers.onMessage(frame);
  }

  sendBinary(): void {
    this.#handlers.onBinary();
  }

  drain(): void {
    this.answer = 'sent';
    this.bufferedBytes = 0;
    this.#isFull = false;
    this.#handlers.onDrain();
  }

  /** Others wait for its place. */
  crowd(): void {
    this.#handlers.onCrowded();
  }

  lose(): void {
    this.#handlers.onDropped();
  }

  vanish(): void {
    this.#handlers.onClose(1006);
  }

  /** Takes the oldest message, which must be of this type. */
  take<Type extends DownMessage['type']>(type: Type): Extract<DownMessage, { type: Type }> {
    const message = this.received.shift();
    if (message === undefined) throw new Error(`no message came, ${type} was expected`);
    if (!isOfType(message, type))
      throw new Error(`${JSON.stringify(message)} came, ${type} was expected`);
    return message;
  }

  #take(frame: string | ArrayBuffer | Uint8Array): void {
    const decoded = decodeDown(typeof frame === 'string' ? frame : new TextDecoder().decode(frame));
    if (!decoded.ok) throw new Error(`the server sent a bad frame: ${decoded.problem}`);
    this.received.push(decoded.message);
    this.onReceived();
    if (this.answer === 'buffered') this.#isFull = true;
  }
}

function isOfType<Type extends DownMessage['type']>(
  message: DownMessage,
  type: Type,
): message is Extract<DownMessage, { type: Type }> {
  return message.type === type;
}
