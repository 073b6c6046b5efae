import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { SUBPROTOCOL } from '@confer/shared';
import { type WebSocket, WebSocketServer } from 'ws';
import { addressText, resolveHost } from './address.ts';
import { BaseSocket, libraryFrameBytesMax, type SendResult } from './base-socket.ts';
import { answerTo, type HttpAnswer, notAccepting, refusalOf, type UpgradeRequest } from './http.ts';
import type { Listener, ListenOptions, Transport } from './socket.ts';

/** Node takes all it is given; from here on `send` says that it waits. */
const WAITING_BYTES_HIGH = 1024 * 1024;

/** How long a connection may take over its request, as in uWebSockets.js. */
const REQUEST_TIMEOUT_MS = 10_000;

/** How often Node looks for those; its default of 30 s is as long again. */
const REQUEST_CHECK_MS = 1_000;

export const wsTransport: Transport = { name: 'ws', listen };

class WsSocket extends BaseSocket {
  readonly #ws: WebSocket;
  readonly #stream: Socket;
  #bytesRead = 0;
  readonly #written = (error?: Error) => {
    if (!error) this.flushed();
  };

  constructor(ws: WebSocket, stream: Socket, remote: string, open: Set<BaseSocket>) {
    super(remote, open);
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

  protected override end(code: number, reason: string): void {
    this.#ws.close(code, reason);
  }

  protected override drop(): void {
    this.#ws.terminate();
  }
}

async function listen(options: ListenOptions): Promise<Listener> {
  const host = await resolveHost(options.host);
  const open = new Set<BaseSocket>();
  const streams = new Set<Duplex>();
  let phase: 'accepting' | 'stopped' = 'accepting';
  const upgrader = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: libraryFrameBytesMax(options.frameBytesMax),
    handleProtocols: () => SUBPROTOCOL,
  });
  const server = createServer({
    headersTimeout: REQUEST_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionsCheckingInterval: REQUEST_CHECK_MS,
  });

  server.on('connection', (stream) => {
    const isRoom = streams.size - open.size < options.handshakesMax;
    if (!isRoom || streams.size >= options.socketsMax) {
      options.onRefused('handshakes');
      stream.destroy();
      return;
    }
    streams.add(stream);
    stream.once('close', () => streams.delete(stream));
  });
  server.on('request', (request, response) => respond(response, answerTo(pathOf(request))));
  server.on('upgrade', (request, stream, head) => {
    const refusal =
      phase === 'stopped' ? notAccepting : refusalOf(upgradeRequest(request), open.size, options);
    if (refusal !== undefined) return refuse(stream, refusal);
    upgrader.handleUpgrade(request, stream, head, (ws) => {
      const connection = new WsSocket(ws, request.socket, remoteOf(request), open);
      receive(ws, connection, options.frameBytesMax);
      boundFirstFrame(ws, stream, connection, options.firstFrameBytesMax);
      connection.open(options.onOpen);
    });
  });
  const port = await bind(server, host, options.port);
  const closed = new Promise<void>((resolve) => server.once('close', () => resolve()));
  // A connection that could not be accepted, as when file descriptors run out: its peer sees it.
  server.on('error', () => {});

  const stopAccepting = () => {
    if (phase === 'stopped') return;
    phase = 'stopped';
    server.close();
  };
  const close = async () => {
    stopAccepting();
    for (const connection of open) connection.terminate();
    // Also those that never became WebSockets, and those that wait for the peer's close.
    for (const stream of streams) stream.destroy();
    await closed;
  };
  return { host, port, stopAccepting, close };
}

/** Tells the connection what the library sees. */
function receive(ws: WebSocket, connection: BaseSocket, frameBytesMax: number): void {
  ws.on('message', (data, isBinary) => {
    // What the library hands over unless another `binaryType` is set.
    if (!Buffer.isBuffer(data)) return;
    if (data.length > frameBytesMax) connection.receivedTooLarge(data.length, frameBytesMax);
    else if (isBinary) connection.receivedBinary();
    else connection.received(data.toString());
  });
  // A frame that breaks the protocol. The library closes, but waits 30 s for the peer to agree.
  ws.on('error', () => connection.broken());
  ws.on('close', (code) => connection.ended(code));
}

/** What a frame has around its payload at most: lengths, a mask. */
const FRAME_HEAD_BYTES = 14;

/** The library would keep all that comes of a frame until it is whole. */
function boundFirstFrame(
  ws: WebSocket,
  stream: Duplex,
  connection: BaseSocket,
  bytesMax: number,
): void {
  let bytes = 0;
  let isWhole = false;
  const count = (chunk: Buffer) => {
    bytes += chunk.length;
    // The chunk that ends the first frame may have more of others.
    if (isWhole || bytes <= bytesMax + FRAME_HEAD_BYTES) return;
    stream.off('data', count);
    connection.receivedTooLarge(bytes, bytesMax);
    stream.pause();
  };
  stream.on('data', count);
  ws.once('message', () => {
    isWhole = true;
    stream.off('data', count);
  });
}

/** Resolves to the port; rejects with the system's error. */
function bind(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, exclusive: true }, () => {
      server.off('error', reject);
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? '/').replace(/[?#].*$/, '');
}

function upgradeRequest(request: IncomingMessage): UpgradeRequest {
  const { origin = '', 'sec-websocket-protocol': protocols = '' } = request.headers;
  return { path: pathOf(request), origin, protocols };
}

function remoteOf(request: IncomingMessage): string {
  const { remoteAddress, remotePort } = request.socket;
  return addressText(remoteAddress ?? 'unknown', remotePort);
}

function respond(response: ServerResponse, answer: HttpAnswer): void {
  const headers = { ...answer.headers, connection: 'close' };
  response.writeHead(answer.status, answer.reason, headers).end(answer.text);
}

/** Node has no response for a request that asks to upgrade, only its stream. */
function refuse(stream: Duplex, answer: HttpAnswer): void {
  const head = [`HTTP/1.1 ${answer.status} ${answer.reason}`];
  const length = Buffer.byteLength(answer.text);
  const headers = { ...answer.headers, connection: 'close', 'content-length': length };
  for (const [name, value] of Object.entries(headers)) head.push(`${name}: ${value}`);
  stream.on('error', () => stream.destroy());
  stream.once('finish', () => stream.destroy());
  stream.end(`${head.join('\r\n')}\r\n\r\n${answer.text}`);
}
