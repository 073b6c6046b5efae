/** One open connection, as the session sees it. After `onClose` every method does nothing. */
export interface Socket {
  /** The address of the other side, for the log. */
  readonly remote: string;
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
  /** Closes after what was sent. `reason` is cut to the 123 bytes that a close frame holds. */
  close(code: number, reason: string): void;
  /** Drops the connection at once, with all that waits to be written. */
  terminate(): void;
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
  /** A frame was lost, which a caller who keeps the rule of `writable` never sees. */
  onDropped(): void;
  /** The connection is gone, whoever ended it. Called exactly once. */
  onClose(code: number): void;
}

export interface ListenOptions {
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  /** Frames beyond this many bytes end the connection. */
  readonly frameBytesMax: number;
  /**
   * The same for the first, of a peer whom nobody knows yet; more of it is not even received, where the
   * library lets that be seen.
   */
  readonly firstFrameBytesMax: number;
  /** Whether a page of this web origin may connect; clients that are no browsers name none. */
  readonly allowOrigin: (origin: string) => boolean;
  /** WebSockets at once, those included whose peer has yet to answer a close. */
  readonly connectionsMax: number;
  /** Connections that have not become WebSockets. Those beyond are dropped without a word. */
  readonly handshakesMax: number;
  /** Both together. */
  readonly socketsMax: number;
  readonly onRefused: (why: 'full' | 'handshakes' | 'origin') => void;
  /** Called for each accepted connection, before its first message. */
  readonly onOpen: (socket: Socket) => SocketHandlers;
}

export interface Listener {
  /** The address it really listens on. */
  readonly host: string;
  readonly port: number;
  /** Stops accepting; open connections live on. */
  stopAccepting(): void;
  /** Stops accepting and drops every connection that is still open. */
  close(): Promise<void>;
}

/**
 * The binding to one socket library. It serves WebSockets with the subprotocol `confer.v1` at
 * `/v1`, answers other HTTP requests with a line that says so, and knows nothing else of Confer.
 * `listen` rejects with the system's error (`EADDRINUSE`, ...) when it cannot.
 */
export interface Transport {
  readonly name: 'uws' | 'ws';
  listen(options: ListenOptions): Promise<Listener>;
}

/** For a connection that was closed before anybody looked at it. */
export const NOBODY: SocketHandlers = {
  onMessage: () => {},
  onBinary: () => {},
  onBadFrame: () => {},
  onDrain: () => {},
  onDropped: () => {},
  onClose: () => {},
};
