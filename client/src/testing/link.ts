import type { Socket, SocketHandlers } from '../sockets/socket.ts';
import { Pipe } from './pipe.ts';

/** Who is told what a connection brings, at the end of the server. */
export interface Peer {
  onMessage(frame: string): void;
  onClose(): void;
}

/** What the closing of a socket without a word is called (RFC 6455, 7.1.5). */
const LOST = 1006;

/** One connection in memory, with both of its ends. */
export class Link {
  /** The end of the client. */
  readonly socket: Socket = {
    send: (frame) => {
      if (this.#isOpen) this.#up.put(() => this.#peer?.onMessage(frame));
    },
    // It does not wait for a server that may be frozen.
    close: (code, reason) => this.#end(code, reason),
  };
  readonly #client: SocketHandlers;
  readonly #onGone: (link: Link) => void;
  readonly #up = new Pipe();
  readonly #down = new Pipe();
  #peer: Peer | undefined;
  /** The client has not been told that it is over. */
  #isOpen = true;

  /** `onGone` is called once it is over. */
  constructor(client: SocketHandlers, onGone: (link: Link) => void) {
    this.#client = client;
    this.#onGone = onGone;
  }

  /** Reaches a server, which takes it with `accept`, or is not there. */
  connect(accept: () => Peer | undefined): void {
    this.#up.put(() => {
      this.#peer = accept();
      if (this.#peer === undefined) this.cut('connection refused');
      else this.#down.put(() => this.#client.onOpen());
    });
  }

  send(frame: string): void {
    if (this.#isOpen) this.#down.put(() => this.#client.onMessage(frame));
  }

  /** The server ends it; what it has said before arrives first. */
  close(code: number, reason: string): void {
    if (!this.#isOpen) return;
    this.#peer = undefined;
    this.#down.put(() => this.#end(code, reason));
  }

  /** It is gone at once, with what is on its way. */
  cut(reason = 'the connection was lost'): void {
    this.#end(LOST, reason);
  }

  hold(): void {
    this.#up.hold();
    this.#down.hold();
  }

  release(): void {
    this.#up.release();
    this.#down.release();
  }

  #end(code: number, reason: string): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#up.clear();
    this.#down.clear();
    this.#peer?.onClose();
    this.#peer = undefined;
    this.#onGone(this);
    void Promise.resolve().then(() => this.#client.onClose(code, reason));
  }
}
