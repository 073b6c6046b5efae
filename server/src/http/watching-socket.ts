import {
  decodeDown,
  type ErrorReply,
  encode,
  errorOfClose,
  type Hello,
  isErrorCode,
  PROTOCOL_VERSION,
  ProtocolError,
  unreachable,
  type Watching,
  type WatchRequest,
  type Welcome,
} from '@confer/shared';
import type { Peer, Socket, SocketHandlers } from '../transport/socket.ts';
import type { Frame } from '../watch/frames.ts';

/** The session of a reader: it can be asked for a heartbeat. */
export interface ReaderSession extends SocketHandlers {
  beat(): void;
}

/** A message as a session sends it: those to one connection alone are text. */
export type WatchFrame = string | Frame;

/** How a watch began. */
export interface Opening {
  readonly welcome: Welcome;
  readonly watching: Watching;
}

/** Who reads the one watch of such a connection. */
export interface WatchReader {
  readonly bufferedBytes: number;
  readonly writable: boolean;
  /** The watch is there. */
  begin(opening: Opening): void;
  /** A message came, of the watch or of the connection. `true`: it is the last that this reader wants. */
  take(frame: WatchFrame): boolean;
  /** It is over, and why; before `begin`, too. */
  end(error: ProtocolError): void;
  /** It is over at once, with all that waits to be written. */
  drop(): void;
}

export interface WatchingParts {
  readonly peer: Peer;
  /** The name of how it is read, for who looks at the sessions. */
  readonly transport: 'sse' | 'http';
  readonly token: string | undefined;
  readonly watch: Omit<WatchRequest, 'type' | 'id'>;
  readonly reader: WatchReader;
  /** Told once it is over, however it ended. */
  readonly onOver: () => void;
}

/**
 *   greeting ──welcome──► asking ──watching──► reading ──► over
 *
 * and from each of them to over.
 */
type State =
  | { readonly kind: 'greeting' }
  | {
      readonly kind: 'asking';
      readonly welcome: Welcome;
      readonly early: readonly string[];
      /** A heartbeat came before the watch. */
      readonly isBeaten: boolean;
    }
  | { readonly kind: 'reading' }
  | { readonly kind: 'over' };

/** The close codes of RFC 6455: it was done, and the other side was gone. */
const NORMAL = 1000;
const ABNORMAL = 1006;

/**
 * The connection of somebody who only listens: one request of HTTP, to the session one that says hello, opens one watch
 * and then keeps still. So who may read what, heartbeats, goodbyes and bounds are those of every other connection.
 */
export class WatchingSocket implements Socket {
  readonly transport: string;
  readonly isOneRequest: boolean;
  readonly remote: string;
  readonly address: string;
  readonly isProxied: boolean;
  readonly certificateName: string | undefined;
  readonly #parts: WatchingParts;
  readonly #reader: WatchReader;
  readonly #session: ReaderSession;
  #state: State = { kind: 'greeting' };

  constructor(parts: WatchingParts, accept: (socket: Socket) => ReaderSession) {
    const { remote, address, isProxied, certificateName } = parts.peer;
    this.transport = parts.transport;
    this.isOneRequest = parts.transport === 'http';
    this.remote = remote;
    this.address = address;
    this.isProxied = isProxied;
    this.certificateName = certificateName;
    this.#parts = parts;
    this.#reader = parts.reader;
    this.#session = accept(this);
    this.#say({ type: 'hello', version: PROTOCOL_VERSION, ...tokenOf(parts) });
  }

  get bufferedBytes(): number {
    return this.#state.kind === 'reading' ? this.#reader.bufferedBytes : 0;
  }

  get writable(): boolean {
    return this.#state.kind !== 'reading' || this.#reader.writable;
  }

  /** Nothing ever comes of it: it lives as long as it takes what it is sent. */
  isReceiving(): boolean {
    return false;
  }

  send(frame: WatchFrame): void {
    switch (this.#state.kind) {
      case 'greeting':
      case 'asking':
        this.#open(this.#state, frame);
        return;
      case 'reading':
        if (this.#reader.take(frame)) this.#finish();
        else if (typeof frame === 'string') this.#showLife();
        return;
      case 'over':
        return;
      default:
        unreachable(this.#state);
    }
  }

  cork(run: () => void): void {
    run();
  }

  close(code: number, reason: string): void {
    this.#over(code, () =>
      this.#reader.end(new ProtocolError(errorOfClose(code) ?? 'internal', reason)),
    );
  }

  terminate(): void {
    this.#reader.drop();
    this.#over(ABNORMAL, () => {});
  }

  known(): void {}

  /** All that waited has been written: the other side lives. */
  drained(): void {
    if (this.#state.kind !== 'over') this.#session.onDrain();
  }

  /** The other side has gone. */
  gone(): void {
    this.#over(ABNORMAL, () => {});
  }

  /** Has the session say how far the watch is, at once. */
  beat(): void {
    if (this.#state.kind === 'reading') this.#session.beat();
  }

  /**
   * Who takes what it is sent lives, as far as anybody can tell: it has no way to answer a heartbeat, and these are
   * sent to it alone.
   */
  #showLife(): void {
    // safeguard: reader-lives-while-it-takes
    if (this.#reader.bufferedBytes === 0) queueMicrotask(() => this.drained());
  }

  /** The watch is over, or its reader has what he wanted. */
  #finish(): void {
    this.#over(NORMAL, () => {});
  }

  #open(state: State & { kind: 'greeting' | 'asking' }, frame: WatchFrame): void {
    const text = typeof frame === 'string' ? frame : new TextDecoder().decode(frame);
    const decoded = decodeDown(text);
    if (!decoded.ok) throw new Error(`the server made a bad frame: ${decoded.problem}`);
    const { message } = decoded;
    if (message.type === 'welcome') {
      this.#state = { kind: 'asking', welcome: message, early: [], isBeaten: false };
      this.#say({ type: 'watch', id: 0, ...this.#parts.watch });
    } else if (message.type === 'error') this.#refused(message);
    else if (state.kind === 'asking')
      if (message.type === 'watching') this.#begin(state, message);
      else if (message.type === 'heartbeat')
        // It speaks of a connection without watches: behind `watching` it would lead past what this one is yet to be told.
        // safeguard: heartbeat-before-the-watch-moves-nobody
        this.#state = { ...state, isBeaten: true };
      else this.#state = { ...state, early: [...state.early, text] };
  }

  #begin({ welcome, early, isBeaten }: State & { kind: 'asking' }, watching: Watching): void {
    this.#state = { kind: 'reading' };
    this.#reader.begin({ welcome, watching });
    for (const text of early) this.send(text);
    if (isBeaten) queueMicrotask(() => this.beat());
  }

  #refused({ code, message, path, compactedRevision }: ErrorReply): void {
    const details = {
      ...(path === undefined ? {} : { path }),
      ...(compactedRevision === undefined ? {} : { compactedRevision }),
    };
    const known = isErrorCode(code) ? code : 'internal';
    this.#over(NORMAL, () => this.#reader.end(new ProtocolError(known, message, details)));
  }

  /** In a turn of its own: the session is amid something while it sends. */
  #say(message: Hello | WatchRequest): void {
    queueMicrotask(() => {
      if (this.#state.kind !== 'over') this.#session.onMessage(encode(message));
    });
  }

  /** The only way to the end. Its session is told of it once it has done what it is doing. */
  #over(code: number, run: () => void): void {
    if (this.#state.kind === 'over') return;
    this.#state = { kind: 'over' };
    run();
    this.#parts.onOver();
    queueMicrotask(() => this.#session.onClose(code));
  }
}

function tokenOf({ token }: WatchingParts): Pick<Hello, 'token'> {
  return token === undefined ? {} : { token };
}
