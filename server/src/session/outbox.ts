import type { Socket } from '../transport/socket.ts';

/**
 * What a connection sends, in order, with the one rule that bounds its memory: after the socket
 * said `buffered`, nothing more is begun until it has drained.
 */
export class Outbox {
  readonly #socket: Socket;
  readonly #onDropped: () => void;
  #writable = true;

  /** `onDropped`: a frame was lost, which a caller who keeps the rule never sees. */
  constructor(socket: Socket, onDropped: () => void) {
    this.#socket = socket;
    this.#onDropped = onDropped;
  }

  get writable(): boolean {
    return this.#writable;
  }

  send(frame: string | ArrayBuffer): void {
    switch (this.#socket.send(frame)) {
      case 'sent':
        return;
      case 'buffered':
        this.#writable = false;
        return;
      case 'dropped':
        this.#writable = false;
        this.#onDropped();
    }
  }

  drained(): void {
    this.#writable = true;
  }
}
