import type { ClientErrorCode } from '../errors.ts';

/** A WebSocket, as the client sees it on every platform. */
export interface Socket {
  send(frame: string): void;
  /** Ends the connection; `onClose` follows, at once or when the other side agrees. */
  close(code: number, reason: string): void;
}

export interface SocketHandlers {
  onOpen(): void;
  onMessage(frame: string): void;
  /**
   * The connection is gone or never came to be. Called exactly once. `refused` says that another attempt will
   * fail in the same way until somebody mends that.
   */
  onClose(code: number, reason: string, refused?: ClientErrorCode): void;
}

/** Opens a WebSocket to `url` (ws or wss) with the subprotocol `confer.v1`. Never throws. */
export type OpenSocket = (url: string, handlers: SocketHandlers) => Socket;
