import { errorTable } from '@confer/shared';
import type { Peer, Socket, SocketHandlers } from './socket.ts';

/** What a library did with a frame: handed it to the kernel, keeps it for now, or lost it. */
export type SendResult = 'sent' | 'buffered' | 'dropped';

/** `waiting` owes its owner an `onDrain`; `closing` was asked to close and does so this very turn. */
type Phase = 'open' | 'waiting' | 'closing' | 'closed';

/** Nothing of a connection is read while it opens; of a `stranger` maybe a part of a frame, of one that was `met` a whole one. */
type Acquaintance = 'none' | 'stranger' | 'met';

/** What a socket is told to have ended with when no close frame was seen (RFC 6455, 7.1.5). */
const ABNORMAL = 1006;

/** A control frame holds 125 bytes, of which the close code takes two. */
const REASON_BYTES_MAX = 123;

/**
 * How much of a frame the libraries read: four times what the server takes. Up to there the peer is told
 * `frame_too_large`; what is larger still the library ends by itself and without a word of ours, as soon as it has
 * read the length (uWebSockets.js drops the connection, ws closes it with 1009).
 */
export function libraryFrameBytesMax(frameBytesMax: number): number {
  return 4 * frameBytesMax;
}

/**
 * The rules of `Socket` that do not depend on the library: one end, told once and never from inside
 * a method; no drain that nobody waits for; nothing after the end.
 */
export abstract class BaseSocket implements Socket {
  abstract readonly transport: string;
  readonly isOneRequest = false;
  readonly remote: string;
  readonly address: string;
  readonly isProxied: boolean;
  readonly certificateName: string | undefined;
  readonly #open: Set<BaseSocket>;
  readonly #leaveDoorway: () => void;
  #phase: Phase = 'open';
  #acquaintance: Acquaintance = 'none';
  #handlers: SocketHandlers | undefined;

  /**
   * `open` is the listener's set of connections; the connection keeps itself in it until the library
   * says that it is gone, because until then it holds a file descriptor. `leaveDoorway` is called once it is known
   * whose it is, or it ends; more often does nothing.
   */
  constructor(
    { remote, address, isProxied, certificateName }: Peer,
    open: Set<BaseSocket>,
    leaveDoorway: () => void,
  ) {
    this.remote = remote;
    this.address = address;
    this.isProxied = isProxied;
    this.certificateName = certificateName;
    this.#open = open;
    this.#leaveDoorway = leaveDoorway;
    open.add(this);
  }

  /** Hands one text frame to the library. */
  protected abstract write(frame: string | ArrayBuffer | Uint8Array): SendResult;
  protected abstract waitingBytes(): number;
  protected abstract receiving(silentMs: number): boolean;
  protected abstract corked(run: () => void): void;
  /** Closes after what was sent; `reason` fits. */
  protected abstract end(code: number, reason: string): void;
  protected abstract drop(): void;

  get bufferedBytes(): number {
    return this.#isLive() ? this.waitingBytes() : 0;
  }

  isReceiving(silentMs: number): boolean {
    return this.#isLive() && this.receiving(silentMs);
  }

  /** What a live watch asks at each batch, so it is one look at one field. */
  get writable(): boolean {
    return this.#phase === 'open';
  }

  send(frame: string | ArrayBuffer | Uint8Array): void {
    if (!this.#isLive()) return;
    const result = this.write(frame);
    if (result === 'sent') return;
    this.#phase = 'waiting';
    if (result === 'dropped') this.#handlers?.onDropped();
  }

  cork(run: () => void): void {
    if (this.#isLive()) this.corked(run);
  }

  /**
   * The close frame leaves in a microtask: a socket of uWebSockets.js that is closed inside its own
   * `cork` never sends its FIN.
   */
  close(code: number, reason: string): void {
    if (!this.#isLive()) return;
    this.#phase = 'closing';
    this.#leaveDoorway();
    queueMicrotask(() => {
      if (!this.#finish()) return;
      this.end(code, cutReason(reason));
      this.#handlers?.onClose(code);
    });
  }

  terminate(): void {
    if (!this.#finish()) return;
    this.drop();
    queueMicrotask(() => this.#handlers?.onClose(ABNORMAL));
  }

  known(): void {
    this.#acquaintance = 'met';
    this.#leaveDoorway();
  }

  /** Whether all that may have come of it is a part of a frame. */
  protected get isStranger(): boolean {
    return this.#acquaintance === 'stranger';
  }

  /** Introduces the connection to its owner. */
  open(onOpen: (socket: Socket) => SocketHandlers): void {
    this.#handlers = onOpen(this);
    if (this.#acquaintance === 'none' && this.#isLive()) this.#acquaintance = 'stranger';
  }

  /** The library read a text frame. */
  received(frame: string): void {
    this.#acquaintance = 'met';
    if (this.#isLive()) this.#handlers?.onMessage(frame);
  }

  receivedBinary(): void {
    this.#acquaintance = 'met';
    if (this.#isLive()) this.#handlers?.onBinary();
  }

  receivedTooLarge(bytes: number, bytesMax: number): void {
    this.#acquaintance = 'met';
    if (this.#isLive()) this.#handlers?.onBadFrame('too large');
    const { closeCode } = errorTable.frame_too_large;
    this.close(closeCode, `frame_too_large: ${bytes} bytes, the most is ${bytesMax}`);
  }

  /** The library may have written all it had. */
  flushed(): void {
    if (this.#phase !== 'waiting' || this.waitingBytes() > 0) return;
    this.#phase = 'open';
    this.#handlers?.onDrain();
  }

  /** Others wait for its place. */
  crowded(): void {
    if (this.#isLive()) this.#handlers?.onCrowded();
  }

  /** The library gives the connection up because of what came. */
  broken(): void {
    if (this.#isLive()) this.#handlers?.onBadFrame('broken');
    if (this.#finish()) this.#handlers?.onClose(ABNORMAL);
  }

  /** The library says that the connection is gone. */
  ended(code: number): void {
    this.#open.delete(this);
    if (this.#finish()) this.#handlers?.onClose(code);
  }

  #isLive(): boolean {
    return this.#phase === 'open' || this.#phase === 'waiting';
  }

  /** The only way to the end; false for whoever comes second. */
  #finish(): boolean {
    if (this.#phase === 'closed') return false;
    this.#phase = 'closed';
    this.#leaveDoorway();
    return true;
  }
}

/** Cuts between code points, so that the peer gets valid UTF-8. */
function cutReason(reason: string): string {
  const { read } = new TextEncoder().encodeInto(reason, new Uint8Array(REASON_BYTES_MAX));
  return reason.slice(0, read);
}
