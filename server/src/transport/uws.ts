import { ENDPOINT } from '@confer/shared';
import { resolveHost } from './address.ts';
import { type BaseSocket, libraryFrameBytesMax } from './base-socket.ts';
import { Entrance } from './entrance.ts';
import { Exchanges } from './exchanges.ts';
import { clientOf, type Place, placeOf } from './gate.ts';
import { confirmedProtocol, denialTo, notAccepting } from './http.ts';
import type { RequestHead } from './request-head.ts';
import type { Peer } from './socket.ts';
import type { TlsFiles } from './tls-files.ts';
import { TLS12_CIPHERS } from './tls-settings.ts';
import type { Listener, ListenOptions, Transport } from './transport.ts';
import { Apps } from './uws-apps.ts';
import { UwsExchange } from './uws-exchange.ts';
import { headOf, remoteOf, respond } from './uws-http.ts';
import {
  type AppOptions,
  type HttpRequest,
  type HttpResponse,
  type Library,
  loadLibrary,
  type TemplatedApp,
  type us_socket_context_t,
  type WebSocketBehavior,
} from './uws-library.ts';
import { IDLE_TIMEOUT_S, UwsSocket } from './uws-socket.ts';

/** What the library keeps of each of its sockets, in a copy of its own; set before the first message. */
interface Slot {
  connection: UwsSocket | undefined;
  readonly peer: Peer;
  readonly leave: () => void;
  readonly opened: (connection: UwsSocket) => void;
}

/**
 * The library counts what waits in 32 bits, and above its limit it drops frames and cuts the close
 * off. Far below, the session has long given the connection up.
 */
const WAITING_BYTES_MAX = 1024 ** 3;

/** What the library says of a connection that it gave up for what came; of bad framing, nothing. */
const BAD_FRAMES: ReadonlySet<string> = new Set([
  'Received invalid UTF-8',
  'Received too big message',
]);

/** Loads the library; `load` is what does it. Rejects where it cannot be loaded here. */
export async function loadUws(load?: Parameters<typeof loadLibrary>[0]): Promise<Transport> {
  const library = await loadLibrary(load);
  return { name: 'uws', listen: (options) => listen(library, options) };
}

async function listen(library: Library, options: ListenOptions): Promise<Listener> {
  const host = await resolveHost(options.host);
  const isTls = options.tls !== undefined;
  const [open, closing] = [new Set<BaseSocket>(), new Set<BaseSocket>()];
  const entrance: Entrance = new Entrance(
    options,
    () => open.size + closing.size + exchanges.asked,
  );
  const exchanges: Exchanges = new Exchanges({
    isStopped: () => entrance.isStopped,
    hasRoom: () => entrance.hasRoomFor(0),
    plain: () => state.plain,
    waitingMax: options.handshakesMax,
    clock: options.clock,
  });
  const place = placeOf(options.host, host, options.port, isTls);
  const state: ListenerState = { place, open, closing, entrance, exchanges, plain: 0 };
  const apps = new Apps(library, host, (tls) => newApp(library, options, tls, state));
  const port = await apps.open(options.tls, options.port);
  state.place = { ...place, port };

  const stopAccepting = () => {
    entrance.stop();
    apps.stopListening();
  };
  const renewTls = async (tls: TlsFiles) => {
    if (!entrance.isStopped) apps.renew(tls);
  };
  const close = async () => {
    stopAccepting();
    for (const connection of open) connection.terminate();
    // Also those that never became WebSockets, and those that wait for the peer's close.
    apps.close();
  };
  const handshakes = () => state.exchanges.waiting;
  return { host, port, handshakes, renewTls, stopAccepting, close };
}

/** What all apps of a listener share. */
interface ListenerState {
  place: Place;
  readonly open: Set<BaseSocket>;
  readonly closing: Set<BaseSocket>;
  readonly entrance: Entrance;
  readonly exchanges: Exchanges;
  /** Connections that are no WebSockets. */
  plain: number;
}

function newApp(
  library: Library,
  options: ListenOptions,
  tls: TlsFiles | undefined,
  state: ListenerState,
): TemplatedApp {
  const { open, closing, entrance, exchanges } = state;
  const app = tls === undefined ? library.App() : library.SSLApp(tlsSettings(tls));
  app.ws<Slot>(ENDPOINT, {
    ...settings(library, options),
    upgrade(response, request, context) {
      const head = headOf(request);
      const remote = remoteOf(response);
      const refusal = entrance.refusalOf(head, remote, state.place);
      if (refusal !== undefined) return respond(response, refusal);
      const peer = {
        ...{ remote, certificateName: undefined },
        ...clientOf(head, remote, options.gate),
      };
      const upgrade = upgradeOf(response, request, context, head);
      let isWaiting = true;
      const giveUp = entrance.ask({
        address: peer.address,
        upgrade(leave) {
          let connection: UwsSocket | undefined;
          const opened = (socket: UwsSocket) => {
            connection = socket;
          };
          state.plain -= 1;
          isWaiting = false;
          response.cork(() => upgrade({ connection, peer, leave, opened }));
          return () => connection?.crowded();
        },
        respond: (answer) => {
          isWaiting = false;
          respond(response, answer);
        },
      });
      if (isWaiting) response.onAborted(giveUp);
    },
    open(ws) {
      const slot = ws.getUserData();
      const connection = new UwsSocket(ws, slot.peer, state, slot.leave);
      slot.connection = connection;
      slot.opened(connection);
      connection.open(options.onOpen);
    },
  });
  // Told of those that come and those that go, but not of those that become WebSockets.
  const track = (response: HttpResponse, change: number) => {
    state.plain += change;
    const sockets = open.size + closing.size + state.plain;
    const isRoom = exchanges.waiting <= options.handshakesMax && sockets <= options.socketsMax;
    if (isRoom || change < 0) return;
    options.onRefused('handshakes');
    response.close();
  };
  app.filter(track);
  app.any('/*', (response, request) => {
    const head = headOf(request);
    const remote = remoteOf(response);
    const denial = entrance.isStopped ? notAccepting : denialTo(head, remote, state.place, options);
    if (denial !== undefined) return respond(response, denial, head.method === 'HEAD');
    const peer = { remote, certificateName: undefined, ...clientOf(head, remote, options.gate) };
    options.onExchange(new UwsExchange(response, head, peer, exchanges, options.clock));
  });
  return app;
}

/** The library itself refuses TLS 1.1 and older. Without the two names it would start and reset every handshake. */
function tlsSettings({ certFile, keyFile }: TlsFiles): AppOptions {
  return { cert_file_name: certFile, key_file_name: keyFile, ssl_ciphers: TLS12_CIPHERS };
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

/** What upgrades later, too: the library has forgotten the request by then. */
function upgradeOf(
  response: HttpResponse,
  request: HttpRequest,
  context: us_socket_context_t,
  head: RequestHead,
): (slot: Slot) => void {
  const key = request.getHeader('sec-websocket-key');
  const extensions = request.getHeader('sec-websocket-extensions');
  const protocol = confirmedProtocol(head);
  return (slot) => response.upgrade(slot, key, protocol, extensions, context);
}
