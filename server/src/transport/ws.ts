import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Server } from 'node:net';
import type { Duplex } from 'node:stream';
import { SUBPROTOCOL } from '@confer/shared';
import { type WebSocket, WebSocketServer } from 'ws';
import { resolveHost } from './address.ts';
import { type BaseSocket, libraryFrameBytesMax } from './base-socket.ts';
import { Entrance } from './entrance.ts';
import { type Place, placeOf } from './gate.ts';
import { denialTo, type HttpAnswer, notAccepting } from './http.ts';
import type { Listener, ListenOptions, Transport } from './transport.ts';
import { waitWith } from './waiting-stream.ts';
import { WsExchange } from './ws-exchange.ts';
import {
  addressOf,
  headOf,
  isForWebSocket,
  nameless,
  peerOf,
  refuse,
  respond,
  responseTo,
} from './ws-requests.ts';
import { bind, newServer } from './ws-server.ts';
import { WsSocket } from './ws-socket.ts';

export const wsTransport: Transport = { name: 'ws', listen };

async function listen(options: ListenOptions): Promise<Listener> {
  const host = await resolveHost(options.host);
  const isTls = options.tls !== undefined;
  const open = new Set<BaseSocket>();
  const entrance = new Entrance(options, () => open.size);
  const place = placeOf(options.host, host, options.port, isTls);
  const state: ListenerState = { options, place, open, entrance };
  const { server, setTls } = newServer(options.tls);
  const streams = track(server, open, options);
  const upgrade = upgradeWith(state);
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    answerTo(request, response, state);
  });
  server.on('upgrade', (request: IncomingMessage, stream: Duplex, rest: Buffer) => {
    if (isForWebSocket(request)) upgrade(request, stream, rest);
    else answerTo(request, responseTo(request, stream), state);
  });
  const port = await bind(server, host, options.port);
  state.place = { ...place, port };
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

/** What a listener's requests are judged by. */
interface ListenerState {
  readonly options: ListenOptions;
  place: Place;
  readonly open: Set<BaseSocket>;
  readonly entrance: Entrance;
}

/** Hands a request on that asks for no WebSocket, or says why not. */
function answerTo(
  request: IncomingMessage,
  response: ServerResponse,
  { options, place, entrance }: ListenerState,
): void {
  const head = headOf(request);
  const denial = entrance.isStopped
    ? notAccepting
    : (nameless(request, options) ?? denialTo(head, addressOf(request), place, options));
  if (denial !== undefined) {
    respond(response, denial);
    return;
  }
  const host = { isLastAnswer: () => entrance.isStopped, onOver: () => {} };
  options.onExchange(new WsExchange(request, response, head, peerOf(request, head, options), host));
}

type Upgrade = (request: IncomingMessage, stream: Duplex, rest: Buffer) => void;

/** Makes a WebSocket of a request, or says why not: now, or when it is its turn. */
function upgradeWith(state: ListenerState): Upgrade {
  const { options, open, entrance } = state;
  const upgrader = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: libraryFrameBytesMax(options.frameBytesMax),
    handleProtocols: () => SUBPROTOCOL,
  });
  return (request, stream, rest) => {
    const head = headOf(request);
    const refusal =
      nameless(request, options) ?? entrance.refusalOf(head, addressOf(request), state.place);
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
  };
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
