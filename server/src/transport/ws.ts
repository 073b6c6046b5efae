import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Server, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { SUBPROTOCOL } from '@confer/shared';
import { type WebSocket, WebSocketServer } from 'ws';
import { resolveHost } from './address.ts';
import { type BaseSocket, libraryFrameBytesMax } from './base-socket.ts';
import { Entrance } from './entrance.ts';
import { Exchanges } from './exchanges.ts';
import { type Place, placeOf } from './gate.ts';
import { denialTo, type HttpAnswer, notAccepting } from './http.ts';
import type { Listener, ListenOptions, Transport } from './transport.ts';
import { waitWith } from './waiting-stream.ts';
import { WsExchange } from './ws-exchange.ts';
import {
  addressOf,
  headOf,
  isForWebSocket,
  peerOf,
  refuse,
  respond,
  responseTo,
  unfit,
} from './ws-requests.ts';
import { bind, newServer } from './ws-server.ts';
import { WsSocket } from './ws-socket.ts';

export const wsTransport: Transport = { name: 'ws', listen };

async function listen(options: ListenOptions): Promise<Listener> {
  const host = await resolveHost(options.host);
  const isTls = options.tls !== undefined;
  const open = new Set<BaseSocket>();
  const entrance: Entrance = new Entrance(options, () => open.size + exchanges.asked);
  const streams = new Set<Duplex>();
  const exchanges: Exchanges = new Exchanges({
    isStopped: () => entrance.isStopped,
    hasRoom: () => entrance.hasRoomFor(0),
    plain: () => streams.size - open.size,
    waitingMax: options.handshakesMax,
    clock: options.clock,
  });
  const place = placeOf(options.host, host, options.port, isTls);
  const state: ListenerState = {
    ...{ options, place, open, entrance, exchanges },
    last: new WeakMap(),
  };
  const { server, setTls } = newServer(options.tls);
  track(server, streams, exchanges, options);
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
  const handshakes = () => exchanges.waiting;
  const renewTls: Listener['renewTls'] = async (tls) => setTls(tls);
  return { host, port, handshakes, renewTls, stopAccepting, close };
}

/** What a listener's requests are judged by. */
interface ListenerState {
  readonly options: ListenOptions;
  place: Place;
  readonly open: Set<BaseSocket>;
  readonly entrance: Entrance;
  readonly exchanges: Exchanges;
  /** What the last request of each connection has come to. */
  readonly last: WeakMap<Socket, WsExchange | 'turned away'>;
}

/** Hands a request on that asks for no WebSocket, or says why not. */
function answerTo(request: IncomingMessage, response: ServerResponse, state: ListenerState): void {
  const { options, place, entrance, exchanges, last } = state;
  const { socket } = request;
  const before = last.get(socket);
  // Node hands requests on that stand behind one whose answer ends the connection.
  // safeguard: nothing-is-read-behind-the-last-answer
  if (before === 'turned away' || before?.isLast === true) return;
  // safeguard: one-request-at-a-time
  if (before?.isAnswered === false) {
    socket.destroy();
    return;
  }
  const head = headOf(request);
  const denial = entrance.isStopped
    ? notAccepting
    : (unfit(request, options) ?? denialTo(head, addressOf(request), place, options));
  if (denial !== undefined) {
    last.set(socket, 'turned away');
    respond(response, denial);
    return;
  }
  const { clock } = options;
  const peer = peerOf(request, head, options);
  const exchange = new WsExchange({ request, response, clock }, head, peer, exchanges);
  last.set(socket, exchange);
  options.onExchange(exchange);
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
      unfit(request, options) ?? entrance.refusalOf(head, addressOf(request), state.place);
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

/** Keeps the connections that there are in `streams`, WebSockets among them; those that there is no room for are dropped. */
function track(
  server: Server,
  streams: Set<Duplex>,
  exchanges: Exchanges,
  { handshakesMax, socketsMax, onRefused }: ListenOptions,
): void {
  server.on('connection', (stream) => {
    if (exchanges.waiting >= handshakesMax || streams.size >= socketsMax) {
      onRefused('handshakes');
      stream.destroy();
      return;
    }
    streams.add(stream);
    stream.once('close', () => streams.delete(stream));
  });
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
