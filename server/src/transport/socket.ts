/** Who is at the other end of a connection, as far as the network tells it. */
export interface Peer {
  /** The address of the other side, for the log. */
  readonly remote: string;
  /** The address of the client, in its one text and without a port: behind a trusted proxy, what that says. */
  readonly address: string;
  /** Whether a proxy told the address. */
  readonly isProxied: boolean;
  /** The name in the certificate that the client showed; undefined where none was asked for. */
  readonly certificateName: string | undefined;
}

/** One open connection, as the session sees it. After `onClose` every method does nothing. */
export interface Socket extends Peer {
  /** The library that has it. */
  readonly transport: string;
  /** Whether it is a single request that waits for its answer: that somebody came with it tells nobody anything. */
  readonly isOneRequest: boolean;
  /** Bytes that wait in this process to be written. */
  readonly bufferedBytes: number;
  /**
   * The one rule that bounds its memory: where this is false, nothing more is begun. A send may end it,
   * `onDrain` says when it is back.
   */
  readonly writable: boolean;
  /**
   * Whether bytes of a frame that is not whole may have come since this was asked last, after so long without
   * one that was. A library that does not say asks the peer, who answers unless he is amid a frame, or gone.
   */
  isReceiving(silentMs: number): boolean;
  /** Sends one text frame. Bytes are UTF-8, encoded once for many sockets. */
  send(frame: string | ArrayBuffer | Uint8Array): void;
  /** Sends what `run` sends in as few system calls as the library can. */
  cork(run: () => void): void;
  /**
   * Closes after what was sent. `reason` is cut to the 123 bytes that a close frame holds. A stranger of whom nothing
   * whole has come hears neither where the library would keep a part of a frame until he agrees.
   */
  close(code: number, reason: string): void;
  /** Drops the connection at once, with all that waits to be written. */
  terminate(): void;
  /** Its owner knows whose it is: it is in nobody's way any more. */
  known(): void;
}

export type BadFrame = 'too large' | 'broken';

/** What a connection's owner is told. Drain state is kept per socket. */
export interface SocketHandlers {
  onMessage(frame: string): void;
  /** A binary frame came; the protocol has none. */
  onBinary(): void;
  /**
   * A frame came that no owner could take, and the connection ends with it: over `frameBytesMax`, or
   * as far as the library tells it from a lost connection, no WebSocket frame at all.
   */
  onBadFrame(problem: BadFrame): void;
  /** Everything buffered has been written. */
  onDrain(): void;
  /**
   * Others wait to come in, and of this one nobody has said yet whose it is, after a time that was enough for that.
   * Asked again after as long, if it stays as it is.
   */
  onCrowded(): void;
  /** A frame was lost, which a caller who keeps the rule of `writable` never sees. */
  onDropped(): void;
  /** The connection is gone, whoever ended it. Called exactly once. */
  onClose(code: number): void;
}

/** For a connection that was closed before anybody looked at it. */
export const NOBODY: SocketHandlers = {
  onMessage: () => {},
  onBinary: () => {},
  onBadFrame: () => {},
  onDrain: () => {},
  onCrowded: () => {},
  onDropped: () => {},
  onClose: () => {},
};
