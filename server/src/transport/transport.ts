import type { Clock } from '@confer/shared';
import type { StrangersLimits } from './doorway.ts';
import type { Exchange } from './exchange.ts';
import type { Gate } from './gate.ts';
import type { Socket, SocketHandlers } from './socket.ts';
import type { TlsFiles } from './tls-files.ts';

/** Why somebody was turned away before he was a WebSocket. */
export type Refusal =
  | 'full'
  | 'crowded'
  | 'handshakes'
  | 'request'
  | 'host'
  | 'origin'
  | 'certificate';

export interface ListenOptions extends StrangersLimits {
  readonly clock: Clock;
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  /** Frames beyond this many bytes end the connection. */
  readonly frameBytesMax: number;
  readonly gate: Gate;
  /** Where it is there, nobody is spoken to without TLS. */
  readonly tls?: TlsFiles;
  /** WebSockets at once, those included whose peer has yet to answer a close. */
  readonly connectionsMax: number;
  /** Connections that have not become WebSockets. Those beyond are dropped without a word. */
  readonly handshakesMax: number;
  /** Both together. */
  readonly socketsMax: number;
  readonly onRefused: (why: Refusal) => void;
  /** Called for each accepted connection, before its first message. */
  readonly onOpen: (socket: Socket) => SocketHandlers;
  /** Called for each request that asks for no WebSocket and may come in. */
  readonly onExchange: (exchange: Exchange) => void;
}

export interface Listener {
  /** The address it really listens on. */
  readonly host: string;
  readonly port: number;
  /** Connections that have neither become WebSockets nor a request under way. */
  handshakes(): number;
  /**
   * Shows this certificate to whoever connects from now on; open connections live on with theirs. Rejects where the
   * library does not take it, and then nothing has changed. Only where it listens with TLS.
   */
  renewTls(tls: TlsFiles): Promise<void>;
  /** Stops accepting; open connections live on. */
  stopAccepting(): void;
  /** Stops accepting and drops every connection that is still open. */
  close(): Promise<void>;
}

/**
 * The binding to one socket library. It serves WebSockets with the subprotocol `confer.v1` at
 * `/v1`, hands other HTTP requests on, and knows nothing else of Confer.
 * `listen` rejects with the system's error (`EADDRINUSE`, ...) when it cannot.
 */
export interface Transport {
  readonly name: 'uws' | 'ws';
  listen(options: ListenOptions): Promise<Listener>;
}
