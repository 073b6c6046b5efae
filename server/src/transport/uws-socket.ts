import { BaseSocket, type SendResult } from './base-socket.ts';
import type { Peer } from './socket.ts';

/** What of a WebSocket of uWebSockets.js is used. */
interface LibrarySocket {
  send(message: string | ArrayBuffer | Uint8Array, isBinary: boolean): number;
  ping(): number;
  getBufferedAmount(): number;
  cork(run: () => void): unknown;
  end(code: number, reason: string): void;
  close(): void;
}

/**
 * So long the library waits for any byte: for a peer that is gone, of whom nobody knows whether he is amid
 * a frame, and for one that never answers a close frame, whose socket only the library still knows. It
 * is a little more than the three heartbeats of the protocol.
 */
export const IDLE_TIMEOUT_S = 32;
/** It counts in steps of four seconds. */
const IDLE_SEEN_MS = 28_000;

/**
 * How long the library keeps a socket whose peer does not answer the close (seen: 16.0 s). It says
 * nothing when it lets go, so each counts as open for this long.
 */
const CLOSING_MS = 16_000;

/** Pongs that may wait for a peer that pings and does not read, as in `ws`. */
const PONGS_WAITING_MAX = 60;

/** A connection over uWebSockets.js. */
export class UwsSocket extends BaseSocket {
  readonly transport = 'uws';
  readonly #ws: LibrarySocket;
  readonly #closing: Set<BaseSocket>;
  #pongsWaiting = 0;
  /** Of a ping that was sent to see whether the peer is amid a frame. */
  #probe: 'none' | 'sent' | 'answered' = 'none';

  constructor(
    ws: LibrarySocket,
    peer: Peer,
    { open, closing }: { readonly open: Set<BaseSocket>; readonly closing: Set<BaseSocket> },
    leaveDoorway: () => void,
  ) {
    super(peer, open, leaveDoorway);
    this.#ws = ws;
    this.#closing = closing;
  }

  /** The library has sent a pong, or tried to. */
  ponged(): void {
    this.#pongsWaiting = this.bufferedBytes === 0 ? 0 : this.#pongsWaiting + 1;
    if (this.#pongsWaiting > PONGS_WAITING_MAX) this.terminate();
  }

  /**
   * The library tells of whole frames alone. A peer answers a ping at once, but for one that is amid a
   * frame; one that is gone sends no bytes either, and the library ends its connection for that: after a
   * time, so that of a shorter silence nothing can be said.
   */
  protected override receiving(silentMs: number): boolean {
    const isAnswered = this.#probe === 'answered';
    if (this.#probe !== 'sent') this.#ws.ping();
    this.#probe = 'sent';
    return !isAnswered && silentMs >= IDLE_SEEN_MS;
  }

  /** The peer has answered a ping. */
  answered(): void {
    this.#probe = 'answered';
  }

  protected override write(frame: string | ArrayBuffer | Uint8Array): SendResult {
    const result = this.#ws.send(frame, false);
    if (result === 1) return 'sent';
    return result === 0 ? 'buffered' : 'dropped';
  }

  protected override waitingBytes(): number {
    return this.#ws.getBufferedAmount();
  }

  protected override corked(run: () => void): void {
    this.#ws.cork(run);
  }

  /** The library would keep what came of a frame for as long as the peer leaves the close unanswered. */
  protected override end(code: number, reason: string): void {
    // safeguard: stranger-leaves-no-frame
    if (this.isStranger) {
      this.drop();
      return;
    }
    this.#ws.end(code, reason);
    this.#closing.add(this);
    setTimeout(() => this.#closing.delete(this), CLOSING_MS).unref();
  }

  protected override drop(): void {
    this.#ws.close();
  }
}
