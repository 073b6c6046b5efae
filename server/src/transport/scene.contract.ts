import { connect as connectTcp, type Socket as TcpSocket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { SUBPROTOCOL } from '@confer/shared';
import { onTestFinished, vi } from 'vitest';
import { type ClientOptions, WebSocket } from 'ws';
import { systemRuntime } from '../runtime.ts';
import { testAuthority, testPair } from '../test-support/certificates.ts';
import type { Gate } from './gate.ts';
import { answerPlainly } from './http.ts';
import type { BadFrame, Socket, SocketHandlers } from './socket.ts';
import type { Listener, ListenOptions, Transport } from './transport.ts';

/** Waits until it is true; fails after ten seconds. */
export async function until(condition: () => boolean): Promise<void> {
  await vi.waitUntil(condition, { timeout: 10_000, interval: 5 });
}

/** The server's end of one connection, and all that its owner was told. */
export interface Peer {
  readonly socket: Socket;
  readonly messages: string[];
  readonly closes: number[];
  readonly badFrames: BadFrame[];
  binaries: number;
  drains: number;
  crowds: number;
}

export interface Host {
  readonly listener: Listener;
  readonly url: string;
  readonly peers: readonly Peer[];
}

type Reactions = Partial<{
  [Name in keyof SocketHandlers]: (peer: Peer, ...told: Parameters<SocketHandlers[Name]>) => void;
}>;

/** Lets in who comes to loopback and is no page. */
export const closedGate: Gate = {
  origins: new Set(),
  publicHosts: new Set(),
  takesLoopbackPages: false,
  trustedProxies: { includes: () => false },
};

/** Listens until the end of the test. Knows of all who come whose they are, unless told otherwise. */
export async function host(
  transport: Transport,
  reactions: Reactions = {},
  options: Partial<ListenOptions> = {},
  { knowsAll = true } = {},
): Promise<Host> {
  const peers: Peer[] = [];
  const listener = await transport.listen({
    host: '127.0.0.1',
    port: 0,
    frameBytesMax: 8 * 1024 * 1024,
    gate: closedGate,
    clock: systemRuntime.clock,
    strangersMax: Number.POSITIVE_INFINITY,
    strangersOfNetworkMax: Number.POSITIVE_INFINITY,
    connectionsMax: 1_000,
    handshakesMax: 1_000,
    socketsMax: 2_000,
    onRefused: () => {},
    onOpen: (socket) => {
      const peer: Peer = {
        socket,
        messages: [],
        closes: [],
        badFrames: [],
        binaries: 0,
        drains: 0,
        crowds: 0,
      };
      peers.push(peer);
      if (knowsAll) socket.known();
      return recorder(peer, reactions);
    },
    onExchange: answerPlainly,
    ...options,
  });
  onTestFinished(() => listener.close());
  const name = listener.host.includes(':') ? `[${listener.host}]` : listener.host;
  const scheme = isSecure(listener) ? 'wss' : 'ws';
  return { listener, url: `${scheme}://${name}:${listener.port}/v1`, peers };
}

function recorder(peer: Peer, reactions: Reactions): SocketHandlers {
  return {
    onMessage(frame) {
      peer.messages.push(frame);
      reactions.onMessage?.(peer, frame);
    },
    onBinary() {
      peer.binaries += 1;
      reactions.onBinary?.(peer);
    },
    onBadFrame(problem) {
      peer.badFrames.push(problem);
      reactions.onBadFrame?.(peer, problem);
    },
    onDrain() {
      peer.drains += 1;
      reactions.onDrain?.(peer);
    },
    onCrowded() {
      peer.crowds += 1;
      reactions.onCrowded?.(peer);
    },
    onDropped() {
      throw new Error('a frame was dropped');
    },
    onClose(code) {
      peer.closes.push(code);
      reactions.onClose?.(peer, code);
    },
  };
}

/** The listeners of `withTls`, of which a test need not know that they are. */
const secure = new WeakSet<Listener>();
const isSecure = (listener: Listener) => secure.has(listener);

/** The transport, with TLS wherever it listens; all that connects here trusts it. */
export function withTls(transport: Transport): Transport {
  return {
    name: transport.name,
    listen: async (options) => {
      const listener = await transport.listen({ tls: testPair().files, ...options });
      secure.add(listener);
      return listener;
    },
  };
}

export const echo: Reactions = { onMessage: (peer, frame) => peer.socket.send(frame) };

/** The client's end of one connection, and all that it saw. */
export interface Client {
  readonly ws: WebSocket;
  readonly frames: string[];
  /** How many of the frames were binary. */
  binaries: number;
  readonly closes: { readonly code: number; readonly reason: string }[];
}

export interface ClientSettings extends ClientOptions {
  readonly protocols?: string | string[];
}

/** Connects; the connection ends with the test. */
export async function connect(url: string, settings: ClientSettings = {}): Promise<Client> {
  const { protocols = SUBPROTOCOL, ...options } = settings;
  const ws = new WebSocket(url, protocols, {
    perMessageDeflate: false,
    maxPayload: 0,
    ca: testAuthority().cert,
    ...options,
  });
  onTestFinished(() => ws.terminate());
  const client: Client = { ws, frames: [], binaries: 0, closes: [] };
  ws.on('error', () => {});
  ws.on('message', (data, isBinary) => {
    client.frames.push(data.toString());
    if (isBinary) client.binaries += 1;
  });
  ws.on('close', (code, reason) => client.closes.push({ code, reason: reason.toString() }));
  await new Promise((resolve, reject) => ws.once('open', resolve).once('error', reject));
  return client;
}

/** One connection, both ends. */
export async function pair(at: Host): Promise<{ client: Client; peer: Peer }> {
  const client = await connect(at.url);
  // The server opens its end before it answers the handshake.
  const peer = at.peers.at(-1);
  if (peer === undefined) throw new Error('the server opened no connection');
  return { client, peer };
}

/** The HTTP answer to a handshake that fails. */
export function refused(
  url: string,
  settings: ClientSettings = {},
): Promise<{ status: number | undefined; text: string }> {
  const { protocols = SUBPROTOCOL, ...options } = settings;
  const ws = new WebSocket(url, protocols, { ca: testAuthority().cert, ...options });
  return new Promise((resolve, reject) => {
    ws.on('error', reject);
    ws.on('open', () => reject(new Error('the handshake succeeded')));
    ws.on('unexpected-response', (request, response) => {
      let text = '';
      response.on('data', (part) => {
        text += String(part);
      });
      response.on('end', () => {
        request.destroy();
        resolve({ status: response.statusCode, text });
      });
    });
  });
}

/** A plain TCP connection, and what came over it. */
export interface Raw {
  readonly tcp: TcpSocket;
  received: string;
  phase: 'open' | 'ended' | 'closed';
  /** Drops the connection below all of it. */
  reset(): void;
}

export async function connectRaw(at: Listener): Promise<Raw> {
  const wire = connectTcp({ host: at.host, port: at.port, allowHalfOpen: true });
  const isTls = isSecure(at);
  const tcp = isTls ? connectTls({ socket: wire, ca: testAuthority().cert }) : wire;
  onTestFinished(() => {
    wire.destroy();
  });
  const raw: Raw = { tcp, received: '', phase: 'open', reset: () => wire.resetAndDestroy() };
  tcp.on('error', () => {});
  tcp.on('data', (data) => {
    raw.received += data.toString('latin1');
  });
  tcp.on('end', () => {
    raw.phase = 'ended';
  });
  tcp.on('close', () => {
    raw.phase = 'closed';
  });
  await new Promise((resolve, reject) => wire.once('connect', resolve).once('error', reject));
  return raw;
}

/** The upgrade request of RFC 6455's example, without its last line. */
export const upgradeHead = [
  'GET /v1 HTTP/1.1',
  'Host: 127.0.0.1',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  '',
].join('\r\n');

/** A masked frame as clients send it; the mask is zero, so the payload is as given. */
export function frameOf(opcode: number, payload: Uint8Array): Buffer {
  if (payload.length > 125) throw new Error('only short frames');
  const head = [0x80 | opcode, 0x80 | payload.length, 0, 0, 0, 0];
  return Buffer.concat([Buffer.from(head), payload]);
}

/** Sends numbered frames to a peer that does not read, until one is buffered. Returns how many. */
export function flood(socket: Socket, from = 0, frameBytes = 256 * 1024): number {
  for (let index = from; index < from + 10_000; index += 1) {
    socket.send(numbered(index, frameBytes));
    if (!socket.writable) return index + 1;
  }
  throw new Error('the socket takes everything');
}

/** More than the kernel holds on both ends together, so it waits until the peer reads. */
export const JAM_BYTES = 48 * 1024 * 1024;

export function numbered(index: number, frameBytes: number): string {
  return String(index).padEnd(frameBytes, '.');
}

export function numberOf(frame: string): number {
  return Number(frame.slice(0, 12).replace(/\.*$/, ''));
}

export function numbersTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}
