import type {
  HttpRequest,
  HttpResponse,
  TemplatedApp,
  us_listen_socket,
  us_socket_context_t,
  WebSocket,
  WebSocketBehavior,
} from 'uWebSockets.js';
import { ENDPOINT } from '@confer/shared';
import { addressOfBytes, addressText, listenError, resolveHost } from './address.ts';
import { BaseSocket, libraryFrameBytesMax, type SendResult } from './base-socket.ts';
import {
  answerTo,
  confirmedProtocol,
  type HttpAnswer,
  notAccepting,
  refusalOf,
  type UpgradeRequest,
} from './http.ts';
import type { Listener, ListenOptions, Transport } from './socket.ts';

// What the library has and its typings lack.
declare module 'uWebSockets.js' {
  interface TemplatedApp {
    listen(
      host: RecognizedString,
      port: number,
      options: number,
      listening: (token: us_listen_socket | false) => void,
    ): TemplatedApp;
    filter(seen: (response: HttpResponse, change: number) => void): TemplatedApp;
  }
  const LIBUS_LISTEN_EXCLUSIVE_PORT: number;
}

type Library = typeof import('uWebSockets.js');

/** What the library keeps with each of its sockets; set before the first message. */
interface Slot {
  connection: UwsSocket | undefined;
}

/**
 * So long the library waits for any byte: for a peer that is gone, of whom nobody knows whether he is amid
 * a frame, and for one that never answers a close frame, whose socket only the library still knows. It
 * is a little more than the three heartbeats of the protocol.
 */
const IDLE_TIMEOUT_S = 32;
/** It counts in steps of four seconds. */
const IDLE_SEEN_MS = 28_000;

/**
 * The library counts what waits in 32 bits, and above its limit it drops frames and cuts the close
 * off. Far below, the session has long given the connection up.
 */
const WAITING_BYTES_MAX = 1024 ** 3;

/**
 * How long the library keeps a socket whose peer does not answer the close (seen: 16.0 s). It says
 * nothing when it lets go, so each counts as open for this long.
 */
const CLOSING_MS = 16_000;

/** Pongs that may wait for a peer that pings and does not read, as in `ws`. */
const PONGS_WAITING_MAX = 60;

/** What the library says of a connection that it gave up for what came; of bad framing, nothing. */
const BAD_FRAMES: ReadonlySet<string> = new Set([
  'Received invalid UTF-8',
  'Received too big message',
]);

/** Loads the library. Rejects where its binary does not: a Node or a libc that it was not built for. */
export async function loadUws(
  load: () => Promise<{ readonly default: Library }> = () => import('uWebSockets.js'),
): Promise<Transport> {
  const { default: library } = await load().catch((cause: unknown) => {
    throw new Error(`uWebSockets.js cannot load on ${platform()}: ${firstCause(cause)}`, { cause });
  });
  return { name: 'uws', listen: (options) => listen(library, options) };
}

class UwsSocket extends BaseSocket {
  readonly #ws: WebSocket<Slot>;
  readonly #closing: Set<BaseSocket>;
  #pongsWaiting = 0;
  /** Of a ping that was sent to see whether the peer is amid a frame. */
  #probe: 'none' | 'sent' | 'answered' = 'none';

  constructor(ws: WebSocket<Slot>, open: Set<BaseSocket>, closing: Set<BaseSocket>) {
    super(addressText(addressOfBytes(new Uint8Array(ws.getRemoteAddress()))), open);
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

  protected override end(code: number, reason: string): void {
    this.#ws.end(code, reason);
    this.#closing.add(this);
    setTimeout(() => this.#closing.delete(this), CLOSING_MS).unref();
  }

  protected override drop(): void {
    this.#ws.close();
  }
}

async function listen(library: Library, options: ListenOptions): Promise<Listener> {
  const host = await resolveHost(options.host);
  const open = new Set<BaseSocket>();
  const closing = new Set<BaseSocket>();
  let phase: 'accepting' | 'stopped' = 'accepting';
  /** Connections that are no WebSockets. */
  let handshakes = 0;
  const app = library.App();

  app.ws(ENDPOINT, {
    ...settings(library, options),
    upgrade(response, request, context) {
      const asked = upgradeRequest(request);
      const refusal =
        phase === 'stopped' ? notAccepting : refusalOf(asked, open.size + closing.size, options);
      if (refusal !== undefined) return respond(response, request, refusal);
      handshakes -= 1;
      upgrade(response, request, context, confirmedProtocol(asked.protocols));
    },
    open(ws) {
      const connection = new UwsSocket(ws, open, closing);
      ws.getUserData().connection = connection;
      connection.open(options.onOpen);
    },
  });
  // Told of those that come and those that go, but not of those that become WebSockets.
  const track = (response: HttpResponse, change: number) => {
    handshakes += change;
    const sockets = open.size + closing.size + handshakes;
    const isRoom = handshakes <= options.handshakesMax && sockets <= options.socketsMax;
    if (isRoom || change < 0) return;
    options.onRefused('handshakes');
    response.close();
  };
  app.filter(track);
  app.any('/*', (response, request) => respond(response, request, answerTo(request.getUrl())));

  const token = bind(library, app, host, options.port);
  if (token === undefined) {
    const error = await listenError(host, options.port);
    throw error ?? new Error(`could not listen on ${addressText(host, options.port)}`);
  }
  const port = library.us_socket_local_port(token);

  const stopAccepting = () => {
    // The library frees a token that is closed: to close it twice would touch freed memory.
    if (phase === 'stopped') return;
    phase = 'stopped';
    library.us_listen_socket_close(token);
  };
  const close = async () => {
    stopAccepting();
    for (const connection of open) connection.terminate();
    // Also those that never became WebSockets, and those that wait for the peer's close.
    app.close();
  };
  return { host, port, stopAccepting, close };
}

/** What happens on a connection once it is open, and the library's limits. */
function settings(library: Library, { frameBytesMax }: ListenOptions): WebSocketBehavior<Slot> {
  return {
    compression: library.DISABLED,
    idleTimeout: IDLE_TIMEOUT_S,
    sendPingsAutomatically: false,
    maxPayloadLength: libraryFrameBytesMax(frameBytesMax),
    maxBackpressure: WAITING_BYTES_MAX,
    message(ws, message, isBinary) {
      const { connection } = ws.getUserData();
      const bytes = message.byteLength;
      if (bytes > frameBytesMax) connection?.receivedTooLarge(bytes, frameBytesMax);
      else if (isBinary) connection?.receivedBinary();
      // The library takes the memory of `message` back when this returns.
      else connection?.received(Buffer.from(message).toString());
    },
    drain(ws) {
      const { connection } = ws.getUserData();
      // After `drain` the library stops waiting for the socket to become writable, even if a frame
      // sent from inside it did not go out as a whole: that frame would then wait for ever.
      if (ws.getBufferedAmount() === 0) setImmediate(() => connection?.flushed());
    },
    ping(ws) {
      ws.getUserData().connection?.ponged();
    },
    pong(ws) {
      ws.getUserData().connection?.answered();
    },
    close(ws, code, message) {
      const { connection } = ws.getUserData();
      if (BAD_FRAMES.has(Buffer.from(message).toString())) connection?.broken();
      connection?.ended(code);
    },
  };
}

function upgradeRequest(request: HttpRequest): UpgradeRequest {
  return {
    path: request.getUrl(),
    origin: request.getHeader('origin'),
    protocols: request.getHeader('sec-websocket-protocol'),
  };
}

function upgrade(
  response: HttpResponse,
  request: HttpRequest,
  context: us_socket_context_t,
  protocol: string,
): void {
  const slot: Slot = { connection: undefined };
  const key = request.getHeader('sec-websocket-key');
  response.upgrade(slot, key, protocol, request.getHeader('sec-websocket-extensions'), context);
}

function respond(response: HttpResponse, request: HttpRequest, answer: HttpAnswer): void {
  response.writeStatus(`${answer.status} ${answer.reason}`);
  for (const [name, value] of Object.entries(answer.headers)) response.writeHeader(name, value);
  // Not `endWithoutBody`: the library overlooks it and aborts the process for want of a response.
  const text = request.getMethod() === 'head' ? '' : answer.text;
  response.end(text, true);
}

/** Alone on the port: by default the library shares it, and each server gets some connections. */
function bind(
  library: Library,
  app: TemplatedApp,
  host: string,
  port: number,
): us_listen_socket | undefined {
  let bound: us_listen_socket | undefined;
  app.listen(host, port, library.LIBUS_LISTEN_EXCLUSIVE_PORT, (token) => {
    if (token !== false) bound = token;
  });
  return bound;
}

function platform(): string {
  const { version, versions, platform, arch } = process;
  return `Node ${version} (ABI ${versions.modules}, ${platform} ${arch}, ${libc()})`;
}

function libc(): string {
  const report: { readonly header?: { readonly glibcVersionRuntime?: string } } =
    process.report.getReport();
  const version = report.header?.glibcVersionRuntime;
  return version === undefined ? 'no glibc' : `glibc ${version}`;
}

/** The library wraps the loader's error in several lines of its own. */
function firstCause(error: unknown): string {
  const lines = String(error)
    .split('\n')
    .filter((line) => line.trim() !== '');
  return lines[1] ?? lines[0] ?? 'unknown cause';
}
