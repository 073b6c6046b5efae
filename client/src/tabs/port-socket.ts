import type { Socket, SocketHandlers } from '../sockets/socket.ts';
import { type FromTab, type Port, readToTab } from './port.ts';
import type { TabLock } from './tab-lock.ts';

/** The code of a client that closes, which says nothing of who it was connected to. */
const LEFT = 1000;

/** What a tab takes in before it says so. */
const TAKEN_CHARS = 1024 * 1024;

export interface PortSocketOptions {
  /** Held for as long as the socket is there. */
  readonly lock: TabLock;
  /** The socket has ended; `failed`: the worker has never answered. */
  readonly onEnd: (failed: boolean) => void;
}

/** The socket of a tab whose connection is in a worker that it reaches by `port`. */
export class PortSocket implements Socket {
  readonly #port: Port;
  readonly #handlers: SocketHandlers;
  readonly #options: PortSocketOptions;
  #phase: 'opening' | 'open' | 'closed' = 'opening';
  #untakenChars = 0;

  constructor(port: Port, url: string, handlers: SocketHandlers, options: PortSocketOptions) {
    this.#port = port;
    this.#handlers = handlers;
    this.#options = options;
    port.addEventListener('message', ({ data }) => this.#receive(data));
    port.addEventListener('close', () => this.closed(1006, 'the worker of the tabs has ended'));
    port.start();
    // The worker waits for the same lock: it must not be first.
    options.lock.hold((lock) => {
      if (this.#phase === 'opening') this.#say({ type: 'open', url, lock });
    });
  }

  send(frame: string): void {
    if (this.#phase === 'open') this.#say({ type: 'frame', frame });
  }

  close(code: number, reason: string): void {
    if (this.#phase !== 'closed') this.#say({ type: 'close', code });
    this.closed(code, reason);
  }

  /** The connection is over for this tab, whoever says so. */
  closed(code: number, reason: string): void {
    if (this.#phase === 'closed') return;
    const failed = this.#phase === 'opening' && code !== LEFT;
    this.#phase = 'closed';
    this.#port.close();
    this.#options.lock.release();
    this.#options.onEnd(failed);
    this.#handlers.onClose(code, reason);
  }

  #receive(data: unknown): void {
    const message = readToTab(data);
    if (message === undefined || this.#phase === 'closed') return;
    if (message.type === 'closed') this.closed(message.code, message.reason);
    else if (message.type === 'opened') {
      if (this.#phase !== 'opening') return;
      this.#phase = 'open';
      this.#handlers.onOpen();
    } else if (this.#phase === 'open') {
      this.#take(message.frame.length);
      this.#handlers.onMessage(message.frame);
    }
  }

  #take(chars: number): void {
    this.#untakenChars += chars;
    if (this.#untakenChars < TAKEN_CHARS) return;
    this.#say({ type: 'taken', chars: this.#untakenChars });
    this.#untakenChars = 0;
  }

  #say(message: FromTab): void {
    this.#port.postMessage(message);
  }
}
