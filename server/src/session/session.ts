import {
  type Decoded,
  decodeUp,
  type ErrorCode,
  encode,
  errorKind,
  type Hello,
  limits,
  PROTOCOL_VERSION,
  ProtocolError,
  type Timer,
  times,
  type UpMessage,
  unreachable,
} from '@confer/shared';
import type { ApiContext } from '../api/context.ts';
import { principalOf } from '../auth/principal.ts';
import { errorText } from '../log.ts';
import type { BadFrame, Socket, SocketHandlers } from '../transport/socket.ts';
import type { FrameSink, WatchSink } from '../watch/watch-sink.ts';
import type { Watcher } from '../watch/watcher.ts';
import { Answers } from './answers.ts';
import { Inbox } from './inbox.ts';
import { Liveness } from './liveness.ts';
import type { SessionService } from './service.ts';
import { welcomeOf } from './welcome.ts';

/**
 *   awaiting-hello ──hello──► open ──goodbye──► leaving
 *         │                    │                  │
 *         └────────────────────┴──► closed ◄──────┘
 *
 * Leaving: the server stops; what was accepted is still finished, shown and answered, nothing new is
 * taken.
 */
type State =
  | { readonly kind: 'awaiting-hello'; readonly timeout: Timer }
  | { readonly kind: 'open'; readonly context: ApiContext }
  | { readonly kind: 'leaving' }
  | { readonly kind: 'closed' };

/** A WebSocket close code: something unexpected (RFC 6455, 7.4.1). */
const NO_CODE_OF_ITS_OWN = 1011;

type Rejected = Extract<Decoded<UpMessage>, { ok: false }>;

/** The server's side of one connection. */
export class Session implements SocketHandlers, WatchSink {
  readonly id: string;
  readonly #socket: Socket;
  readonly #service: SessionService;
  readonly #onEnded: (session: Session) => void;
  readonly #inbox = new Inbox((frame) => this.#read(frame));
  readonly #answers: Answers;
  readonly #watches = new Map<string, Watcher>();
  #state: State;
  readonly #liveness: Liveness;

  /** `onEnded`: the session is over; its socket may still be sending what was left. */
  constructor(socket: Socket, service: SessionService, onEnded: (session: Session) => void) {
    const { clock, newId } = service.runtime;
    this.id = `s-${newId()}`;
    this.#socket = socket;
    this.#service = service;
    this.#onEnded = onEnded;
    this.#answers = new Answers({
      canBegin: () => socket.writable && this.#state.kind === 'open',
      send: (reply) => {
        if (this.#state.kind !== 'closed') socket.send(encode(reply));
      },
      turns: service.turns,
      counters: service.counters,
      completeTo: () => this.#completeTo(),
      end: (code, message) => this.#end(code, message),
    });
    this.#liveness = new Liveness(socket, service.heartbeatMs);
    service.counters.count('connectionsOpened');
    const timeout = clock.setTimer(times.helloTimeoutMs, () => {
      service.counters.count('helloTimeouts');
      this.#end('silent', `no hello within ${times.helloTimeoutMs} ms`);
    });
    this.#state = { kind: 'awaiting-hello', timeout };
  }

  /** Requests that were accepted and have no answer yet. */
  get waiting(): number {
    return this.#answers.waiting;
  }

  get isOpen(): boolean {
    return this.#state.kind === 'open';
  }

  get frames(): FrameSink {
    return this.#socket;
  }

  advanced(): void {
    this.#answers.advanced();
  }

  /** What a watch needs cannot be read. Only what nobody expects is a bug, and has its place in the log. */
  fail(error: unknown): void {
    if (error instanceof ProtocolError) {
      this.#end(error.code, error.message);
      return;
    }
    this.#service.log('error', 'a connection failed', {
      session: this.id,
      error: errorText(error),
    });
    this.#end('internal', 'a bug in the server; its log says more');
  }

  onMessage(frame: string): void {
    if (this.#state.kind === 'closed') return;
    this.#liveness.shown();
    const { turns } = this.#service;
    if (this.#inbox.isEmpty && (this.#state.kind === 'awaiting-hello' || turns.isTime))
      this.#read(frame);
    else if (this.#inbox.add(frame)) turns.schedule(this.#inbox);
    else this.#end('too_many_requests', `at most ${limits.waitingBytesMax} bytes wait to be read`);
  }

  onBinary(): void {
    this.#end('bad_message', 'a frame is text');
  }

  onBadFrame(problem: BadFrame): void {
    const { counters } = this.#service;
    counters.count('framesRefused');
    if (problem === 'too large') counters.count('connectionsEnded.frame_too_large');
  }

  onDrain(): void {
    if (this.#state.kind === 'closed') return;
    this.#liveness.shown();
    this.#answers.resume();
    if (this.#socket.writable)
      for (const watcher of this.#watches.values()) this.#service.hub.resume(watcher);
  }

  onDropped(): void {
    this.fail(new Error('a frame was dropped'));
  }

  onClose(): void {
    this.#becomeClosed();
  }

  /**
   * Once a heartbeat period: tells the client how far its watches are, or gives it up when it shows
   * no sign of life.
   */
  beat(): void {
    if (this.#state.kind !== 'open') return;
    const silence = this.#liveness.silence();
    if (silence !== undefined) {
      const { isStuck, silentMs } = silence;
      this.#service.counters.count(isStuck ? 'stuckPeers' : 'silentPeers');
      this.#end('silent', `nothing came for ${silentMs} ms`);
      // Behind what it does not take, a close frame would wait for ever. Any other peer may be well and
      // only have forgotten to beat: it is told, and the library lets go of one that does not answer.
      if (isStuck) this.#socket.terminate();
      return;
    }
    if (!this.#socket.writable) return; // it would wait behind everything else and tell nothing
    this.#heartbeat();
  }

  /** The server stops: takes nothing more, and asks the client to come back later. */
  leave(retryInMs: number): void {
    if (this.#state.kind === 'open') {
      const message = 'the server is stopping';
      this.#socket.send(encode({ type: 'goodbye', code: 'shutting_down', message, retryInMs }));
      this.#inbox.clear();
      this.#answers.clear();
      this.#state = { kind: 'leaving' };
    } else if (this.#state.kind === 'awaiting-hello') {
      this.#end('shutting_down', 'the server is stopping');
    }
  }

  /** Ends a connection that was asked to leave. */
  dismiss(): void {
    this.#end('shutting_down', 'the server is stopping');
  }

  #read(frame: string): void {
    if (this.#state.kind === 'awaiting-hello' && frame.length > limits.helloBytesMax) {
      this.#end('frame_too_large', `a hello is at most ${limits.helloBytesMax} bytes long`);
      return;
    }
    const decoded = decodeUp(frame);
    if (decoded.ok) this.#take(decoded.message, frame.length);
    else this.#reject(decoded, frame.length);
  }

  #take(message: UpMessage, bytes: number): void {
    switch (this.#state.kind) {
      case 'awaiting-hello':
        if (message.type === 'hello') this.#welcome(message);
        else this.#end('bad_message', 'the first message is hello');
        return;
      case 'open':
        if (message.type === 'hello') this.#end('bad_message', 'hello is said once');
        else if (message.type !== 'heartbeat')
          this.#answers.take(message, this.#state.context, bytes);
        return;
      case 'leaving':
      case 'closed':
        return;
      default:
        unreachable(this.#state);
    }
  }

  #welcome(hello: Hello): void {
    if (hello.version !== PROTOCOL_VERSION) {
      this.#end('version_unsupported', `this server speaks version ${PROTOCOL_VERSION}`);
      return;
    }
    if (this.#state.kind === 'awaiting-hello') this.#state.timeout.cancel();
    const principal = principalOf(hello);
    this.#state = {
      kind: 'open',
      context: { service: this.#service, principal, sink: this, watches: this.#watches },
    };
    this.#socket.send(encode(welcomeOf(this.id, this.#service)));
    if (this.#service.behindMs() !== undefined) this.#heartbeat();
  }

  #heartbeat(): void {
    const behindMs = this.#service.behindMs();
    const behind = behindMs === undefined ? {} : { behindMs };
    // safeguard: heartbeat-waits-for-lagging-watches
    this.#socket.send(encode({ type: 'heartbeat', revision: this.#completeTo(), ...behind }));
  }

  /** A frame that is a request, but not one that can be done, is answered; any other ends it all. */
  #reject({ code, id, problem }: Rejected, bytes: number): void {
    if (code === 'bad_message' || id === undefined || this.#state.kind === 'awaiting-hello')
      this.#end('bad_message', problem);
    else if (this.#state.kind === 'open')
      this.#answers.refuse({ type: 'error', id, code, message: problem }, bytes);
  }

  #completeTo(): number {
    let revision = this.#service.hub.revision;
    for (const watcher of this.#watches.values())
      revision = Math.min(revision, watcher.completeTo ?? revision);
    return revision;
  }

  #end(code: ErrorCode, message: string): void {
    if (this.#state.kind === 'closed') return;
    this.#service.log(code === 'shutting_down' ? 'info' : 'warn', 'connection ended', {
      session: this.id,
      remote: this.#socket.remote,
      code,
      message,
    });
    const { counters } = this.#service;
    counters.count(`connectionsEnded.${code}`);
    if (code === 'bad_message' || code === 'frame_too_large') counters.count('framesRefused');
    this.#becomeClosed();
    this.#socket.close(errorKind(code).closeCode ?? NO_CODE_OF_ITS_OWN, message);
  }

  #becomeClosed(): void {
    if (this.#state.kind === 'closed') return;
    if (this.#state.kind === 'awaiting-hello') this.#state.timeout.cancel();
    this.#state = { kind: 'closed' };
    this.#service.counters.count('connectionsClosed');
    this.#closeWatches();
    this.#inbox.clear();
    this.#answers.clear();
    this.#onEnded(this);
  }

  #closeWatches(): void {
    for (const watcher of this.#watches.values()) this.#service.hub.close(watcher);
    this.#watches.clear();
  }
}
