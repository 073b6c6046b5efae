import {
  createServer as createHttpServer,
  type IncomingMessage,
  type ServerOptions,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { Server } from 'node:net';
import type { Duplex } from 'node:stream';
import { SUBPROTOCOL } from '@confer/shared';
import { type WebSocket, WebSocketServer } from 'ws';
import { addressText, resolveHost } from './address.ts';
import { type BaseSocket, libraryFrameBytesMax } from './base-socket.ts';
import { certificateName } from './certificate-name.ts';
import { Entrance } from './entrance.ts';
import { clientOf, placeOf } from './gate.ts';
import { answerTo, type HttpAnswer, headerLines, namelessCertificate } from './http.ts';
import { type RequestHead, requestHead } from './request-head.ts';
import type { Peer } from './socket.ts';
import type { TlsFiles } from './tls-files.ts';
import { TLS12_CIPHERS } from './tls-settings.ts';
import type { Listener, ListenOptions, Transport } from './transport.ts';
import { waitWith } from './waiting-stream.ts';
import { WsSocket } from './ws-socket.ts';

/** How long a connection may take over its request, as in uWebSockets.js. */
const REQUEST_TIMEOUT_MS = 10_000;

/** How often Node looks for those; its default of 30 s is as long again. */
const REQUEST_CHECK_MS = 1_000;

export const wsTransport: Transport = { name: 'ws', listen };

async function listen(options: ListenOptions): Promise<Listener> {
  const host = await resolveHost(options.host);
  const isTls = options.tls !== undefined;
  let place = placeOf(options.host, host, options.port, isTls);
  const open = new Set<BaseSocket>();
  const entrance = new Entrance(options, () => open.size);
  const { server, setTls } = newServer(options.tls);
  const streams = track(server, open, options);
  const upgrader = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: libraryFrameBytesMax(options.frameBytesMax),
    handleProtocols: () => SUBPROTOCOL,
  });

  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const answer = answerTo(headOf(request), addressOf(request), place, options);
    respond(response, nameless(request, options) ?? answer);
  });
  server.on('upgrade', (request: IncomingMessage, stream: Duplex, rest: Buffer) => {
    const head = headOf(request);
    const refusal =
      nameless(request, options) ?? entrance.refusalOf(head, addressOf(request), place);
    if (refusal !== undefined) return refuse(stream, refusal);
    const peer = peerOf(request, head, options);
    const upgrade = (leave: () => void) => {
      let connection: WsSocket | undefined;
      upgrader.handleUpgrade(request, stream, rest, (ws) => {
        connection = new WsSocket(ws, request.socket, peer, open, leave);
        receive(ws, connection, options.frameBytesMax);
        connection.open(options.onOpen);
      });
      // The library found that it is no such request, or that its connection is gone.
      if (connection === undefined) leave();
      return () => connection?.crowded();
    };
    const { address } = peer;
    const respond = (answer: HttpAnswer) => refuse(stream, answer);
    waitWith(stream, rest, (told) =>
      entrance.ask({ address, upgrade: told(upgrade), respond: told(respond) }),
    );
  });
  const port = await bind(server, host, options.port);
  place = { ...place, port };
  const closed = new Promise<void>((resolve) => server.once('close', () => resolve()));
  // A connection that could not be accepted, as when file descriptors run out: its peer sees it.
  server.on('error', () => {});

  const stopAccepting = () => {
    if (entrance.isStopped) return;
    entrance.stop();
    server.close();
  };
  const close = async () => {
    stopAccepting();
    for (const connection of open) connection.terminate();
    // Also those that never became WebSockets, and those that wait for the peer's close.
    for (const stream of streams) stream.destroy();
    await closed;
  };
  return { host, port, renewTls: async (tls) => setTls(tls), stopAccepting, close };
}

/** The connections that there are, WebSockets among them; those that there is no room for are dropped. */
function track(
  server: Server,
  open: ReadonlySet<BaseSocket>,
  { handshakesMax, socketsMax, onRefused }: ListenOptions,
): ReadonlySet<Duplex> {
  const streams = new Set<Duplex>();
  server.on('connection', (stream) => {
    const isRoom = streams.size - open.size < handshakesMax;
    if (!isRoom || streams.size >= socketsMax) {
      onRefused('handshakes');
      stream.destroy();
      return;
    }
    streams.add(stream);
    stream.once('close', () => streams.delete(stream));
  });
  return streams;
}

/** A server of Node, with what gives it another certificate; that throws where it takes it not. */
function newServer(tls: TlsFiles | undefined): {
  readonly server: Server;
  readonly setTls: (tls: TlsFiles) => void;
} {
  const options: ServerOptions = {
    headersTimeout: REQUEST_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionsCheckingInterval: REQUEST_CHECK_MS,
  };
  if (tls === undefined) return { server: createHttpServer(options), setTls: () => {} };
  const asksClients = tls.clientCa !== undefined;
  const server = createHttpsServer({
    ...options,
    ...secureContext(tls),
    handshakeTimeout: REQUEST_TIMEOUT_MS,
    requestCert: asksClients,
    // safeguard: client-shows-a-certificate
    rejectUnauthorized: asksClients,
  });
  return { server, setTls: (next) => server.setSecureContext(secureContext(next)) };
}

/** All of it each time: what is not said again is forgotten, and with it whose clients may connect. */
function secureContext({ cert, key, clientCa }: TlsFiles) {
  const ca = clientCa === undefined ? {} : { ca: clientCa };
  return { cert, key, ...ca, minVersion: 'TLSv1.2', ciphers: TLS12_CIPHERS } as const;
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

function headOf({ method = 'GET', url = '/', rawHeaders }: IncomingMessage): RequestHead {
  const [, path = '/', query = ''] = /^([^?#]*)(?:\?([^#]*))?/.exec(url) ?? [];
  const lines: [string, string][] = [];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2)
    lines.push([rawHeaders[at] ?? '', rawHeaders[at + 1] ?? '']);
  return requestHead(method, path, query, lines);
}

function addressOf(request: IncomingMessage): string {
  return addressText(request.socket.remoteAddress ?? 'unknown');
}

function peerOf(request: IncomingMessage, head: RequestHead, { gate }: ListenOptions): Peer {
  const address = addressOf(request);
  return {
    remote: addressText(address, request.socket.remotePort),
    ...clientOf(head, address, gate),
    certificateName: certificateName(request.socket),
  };
}

/** Clients that are known by their certificate need one with a name; that it is good Node has seen. */
function nameless({ socket }: IncomingMessage, options: ListenOptions): HttpAnswer | undefined {
  // safeguard: client-certificate-names-somebody
  if (options.tls?.clientCa === undefined || certificateName(socket) !== undefined)
    return undefined;
  options.onRefused('certificate');
  return namelessCertificate;
}

function respond(response: ServerResponse, answer: HttpAnswer): void {
  const headers = Object.fromEntries([...headerLines(answer), ['connection', 'close']]);
  response.writeHead(answer.status, answer.reason, headers).end(answer.text);
}

/** Node has no response for a request that asks to upgrade, only its stream. */
function refuse(stream: Duplex, answer: HttpAnswer): void {
  const head = [`HTTP/1.1 ${answer.status} ${answer.reason}`];
  const length = Buffer.byteLength(answer.text);
  for (const [name, value] of headerLines(answer)) head.push(`${name}: ${value}`);
  head.push('connection: close', `content-length: ${length}`);
  stream.on('error', () => stream.destroy());
  stream.once('finish', () => stream.destroy());
  stream.end(`${head.join('\r\n')}\r\n\r\n${answer.text}`);
}
