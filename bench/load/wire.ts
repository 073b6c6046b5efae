import { connect, type Socket } from 'node:net';
import { type Framing, Splitter } from './splitter.ts';

/** All connections read into the same memory: what is in it is looked at before the next read. */
const READ_BYTES = 256 * 1024;
const shared = Buffer.allocUnsafe(READ_BYTES);

/**
 * A TCP connection that costs as little as Node can do: no streams, no buffer of its own, whole
 * messages handed on as a range of the shared memory.
 */
export class Wire {
  readonly opened: Promise<void>;
  readonly #socket: Socket;
  #isClosing = false;

  constructor(port: number, framing: Framing) {
    const splitter = new Splitter(framing);
    this.#socket = connect({
      port,
      host: '127.0.0.1',
      noDelay: true,
      onread: {
        buffer: shared,
        callback: (bytes) => {
          splitter.push(shared, bytes);
          return true;
        },
      },
    });
    this.opened = new Promise((resolve) => this.#socket.once('connect', () => resolve()));
    this.#socket.on('error', (error) => this.#lost(error.message));
    this.#socket.on('close', () => this.#lost('the server closed it'));
  }

  /** How much has come so far. */
  get bytesRead(): number {
    return this.#socket.bytesRead;
  }

  send(bytes: Uint8Array): void {
    this.#socket.write(bytes);
  }

  /** Stops reading, as a process that hangs does. */
  stall(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  close(): void {
    this.#isClosing = true;
    this.#socket.destroy();
  }

  /** A lost connection would make every figure wrong, so it ends the run. */
  #lost(why: string): void {
    if (!this.#isClosing) throw new Error(`a connection was lost: ${why}`);
  }
}
