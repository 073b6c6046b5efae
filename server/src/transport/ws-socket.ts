import type { Socket } from 'node:net';
import { BaseSocket, type SendResult } from './base-socket.ts';

/** What of a WebSocket of ws is used. */
interface LibrarySocket {
  readonly bufferedAmount: number;
  send(
    frame: string | ArrayBuffer | Uint8Array,
    options: { readonly binary: boolean },
    written: (error?: Error) => void,
  ): void;
  close(code: number, reason: string): void;
  terminate(): void;
}

/** Node takes all it is given; from here on `send` says that it waits. */
const WAITING_BYTES_HIGH = 1024 * 1024;

/** A connection over ws. */
export class WsSocket extends BaseSocket {
  readonly transport = 'ws';
  readonly #ws: LibrarySocket;
  readonly #stream: Socket;
  #bytesRead = 0;
  readonly #written = (error?: Error) => {
    if (!error) this.flushed();
  };

  constructor(
    ws: LibrarySocket,
    stream: Socket,
    ...base: ConstructorParameters<typeof BaseSocket>
  ) {
    super(...base);
    this.#ws = ws;
    this.#stream = stream;
  }

  protected override write(frame: string | ArrayBuffer | Uint8Array): SendResult {
    this.#ws.send(frame, { binary: false }, this.#written);
    return this.#ws.bufferedAmount > WAITING_BYTES_HIGH ? 'buffered' : 'sent';
  }

  protected override receiving(): boolean {
    const before = this.#bytesRead;
    this.#bytesRead = this.#stream.bytesRead;
    return this.#bytesRead > before;
  }

  protected override waitingBytes(): number {
    return this.#ws.bufferedAmount;
  }

  protected override corked(run: () => void): void {
    this.#stream.cork();
    try {
      run();
    } finally {
      this.#stream.uncork();
    }
  }

  /** What else a stranger sends would be read over for half a minute, however much it is. */
  override broken(): void {
    super.broken();
    // safeguard: broken-stranger-is-not-waited-for
    if (this.isStranger) this.#ws.terminate();
  }

  protected override end(code: number, reason: string): void {
    this.#ws.close(code, reason);
  }

  protected override drop(): void {
    this.#ws.terminate();
  }
}
