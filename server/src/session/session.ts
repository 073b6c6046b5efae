import {
  type Decoded,
  decodeUp,
  type ErrorCode,
  encode,
  type Hello,
  PROTOCOL_VERSION,
  type Timer,
  type UpMessage,
  unreachable,
} from '@confer/shared';
import type { ApiSink } from '../api/context.ts';
import { isExpired, type Verdict } from '../auth/authority.ts';
import type { Principal } from '../auth/principal.ts';
import type { BadFrame, Socket, SocketHandlers } from '../transport/socket.ts';
import { Answers } from './answers.ts';
import { closeCodeOf, SessionNotes } from './ending.ts';
import { awaitHello, identify } from './identify.ts';
import { Incoming } from './incoming.ts';
import { Liveness } from './liveness.ts';
import type { SessionService } from './service.ts';
import { become, contextOf, disown, type SessionContext, type State } from './session-state.ts';
import { SessionWatches } from './session-watches.ts';
import { goodbyeOf, welcomeOf } from './welcome.ts';

type Rejected = Extract<Decoded<UpMessage>, { ok: false }>;

/** The server's side of one connection. */
export class Session implements SocketHandlers, ApiSink {
  readonly id: string;
  readonly openedAtMs: number;
  readonly #socket: Socket;
  readonly #service: SessionService;
  readonly #notes: SessionNotes;
  readonly #onEnded: () => void;
  readonly #incoming: Incoming;
  readonly #answers: Answers;
  readonly #watches: SessionWatches;
  #state: State;
  readonly #liveness: Liveness;

  /** `onEnded`: it is over; its socket may still be sending what was left. */
  constructor(socket: Socket, service: SessionService, onEnded: () => void) {
    this.id = `s-${service.runtime.newId()}`;
    this.openedAtMs = service.runtime.uptimeMs();
    this.#socket = socket;
    this.#service = service;
    const { remote, address, isOneRequest } = socket;
    this.#notes = new SessionNotes(service, { session: this.id, remote, address, isOneRequest });
    this.#onEnded = onEnded;
    this.#watches = new SessionWatches(service.hub);
    this.#answers = new Answers({
      // What came before the goodbye is finished.
      canBegin: () => socket.writable && 'context' in this.#state,
      send: (reply) => {
        if (this.#state.kind !== 'closed') socket.send(encode(reply));
      },
      service,
      completeTo: () => this.#watches.completeTo,
      end: (code, message) => this.#end(code, message),
    });
    this.#incoming = new Incoming({
      turns: service.turns,
      read: (message) => this.#read(message),
      end: (code, message) => this.#end(code, message),
    });
    this.#liveness = new Liveness(socket, service);
    service.counters.count('connectionsOpened');
    const timeout = awaitHello(service, (problem) => this.#end('silent', problem));
    this.#state = { kind: 'awaiting-hello', timeout };
  }

  /** Requests that came and have no answer yet. */
  get waiting(): number {
    return this.#incoming.waiting + this.#answers.waiting;
  }

  get isOpen(): boolean {
    return this.#state.kind === 'open';
  }

  get frames(): Socket {
    return this.#socket;
  }

  get address(): string {
    return this.#socket.address;
  }

  advanced(): void {
    this.#answers.advanced();
  }

  /** What a watch needs cannot be read. */
  fail(error: unknown): void {
    const { code, message } = this.#notes.failure(error);
    this.#end(code, message);
  }

  onMessage(frame: string): void {
    if (this.#state.kind === 'closed' || this.#state.kind === 'leaving') return;
    this.#liveness.shown();
    // A hello is one frame: of a stranger nothing is kept.
    if (this.#state.kind !== 'open') this.#read(frame);
    else this.#incoming.take(frame);
  }

  onBinary(): void {
    this.#end('bad_message', 'a frame is text');
  }

  onBadFrame(problem: BadFrame): void {
    this.#notes.badFrame(problem);
  }

  onDrain(): void {
    if (this.#state.kind === 'closed') return;
    this.#liveness.shown();
    this.#answers.resume();
    if (this.#socket.writable) this.#watches.resume();
  }

  /** Whoever has said who he is waits for us, and not we for him. */
  onCrowded(): void {
    // safeguard: who-waits-for-us-may-stay
    if (this.#state.kind === 'awaiting-hello')
      this.#end('rate_limited', 'it has said nothing, and others wait to come in');
  }

  onDropped(): void {
    this.fail(new Error('a frame was dropped'));
  }

  onClose(): void {
    if (this.#state.kind !== 'closed') this.#notes.gone();
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
      this.#end('silent', `nothing came for ${silence.silentMs} ms`);
      // Behind what it does not take, a close frame would wait for ever. Any other peer may be well and
      // only have forgotten to beat: it is told, and the library lets go of one that does not answer.
      if (silence.isStuck) this.#socket.terminate();
      return;
    }
    if (this.#incoming.beat()) return;
    // Behind everything else a heartbeat would wait and tell nothing.
    if (!this.#endsExpired(this.#state.context) && this.#socket.writable) this.#heartbeat();
  }

  /**
   * Somebody's rights are others from a revision on. Whoever this is may be nobody any more; each watch that may not
   * be read now ends before anything of that revision is sent (W11).
   */
  reauthorise(revision: number): void {
    if (!('context' in this.#state)) return;
    const { context } = this.#state;
    const principal = this.#service.auth.authority.refreshed(context.principal);
    if (principal === undefined) this.#end('unauthenticated', disown(context));
    else if (principal !== context.principal) this.#adopt(context, principal, revision);
  }

  /** The server stops: takes nothing more, and asks the client to come back later. */
  leave(retryInMs: number): void {
    if (this.#state.kind === 'open') {
      this.#socket.send(encode(goodbyeOf(retryInMs)));
      // safeguard: who-takes-no-answers-is-not-waited-for
      if (!this.#socket.writable) {
        this.#incoming.clear();
        this.#answers.clear();
      }
      this.#state = { kind: 'leaving', context: this.#state.context };
    } else if ('timeout' in this.#state) this.dismiss();
  }

  /** Ends a connection that was asked to leave. */
  dismiss(): void {
    this.#end('shutting_down', 'the server is stopping');
  }

  #read(message: string): void {
    const decoded = decodeUp(message);
    if (decoded.ok) this.#take(decoded.message, message.length);
    else this.#reject(decoded, message.length);
  }

  #take(message: UpMessage, bytes: number): void {
    switch (this.#state.kind) {
      case 'awaiting-hello':
        if (message.type === 'hello') this.#identify(message, this.#state.timeout);
        else this.#end('bad_message', 'the first message is hello');
        return;
      case 'identifying':
        this.#end('bad_message', 'nothing comes between hello and welcome');
        return;
      case 'open':
      case 'leaving':
        if (message.type === 'hello') this.#end('bad_message', 'hello is said once');
        else if (message.type === 'heartbeat') {
          this.#state.context.applied = message.applied;
          this.#liveness.answered();
        } else if (message.type === 'renew' || !this.#endsExpired(this.#state.context))
          this.#answers.take(message, this.#state.context, bytes);
        return;
      case 'closed':
        return;
      default:
        unreachable(this.#state);
    }
  }

  #identify(hello: Hello, timeout: Timer): void {
    if (hello.version !== PROTOCOL_VERSION) {
      this.#end('version_unsupported', `this server speaks version ${PROTOCOL_VERSION}`);
      return;
    }
    this.#state = { kind: 'identifying', timeout };
    identify(hello, this.address, this.#service.auth.authority, {
      onVerdict: (verdict) => this.#identified(verdict, hello.client),
      onFailed: (error) => this.fail(error),
    });
  }

  #identified(verdict: Verdict, client: Hello['client']): void {
    if (this.#state.kind !== 'identifying') return;
    if (verdict.kind === 'refused') {
      const { error, reason } = verdict;
      // safeguard: failed-login-is-written-down
      this.#notes.stranger(reason);
      this.#end(error.code, error.message, reason);
      return;
    }
    this.#state.timeout.cancel();
    // safeguard: who-is-known-is-in-nobodys-way
    this.#socket.known();
    const context = contextOf({
      ...{ service: this.#service, sink: this, client, watches: this.#watches.byName },
      principal: verdict.principal,
      adopt: (next) => this.#adopt(context, next, this.#service.hub.revision),
    });
    this.#notes.login(context.actor);
    this.#state = { kind: 'open', context };
    this.#socket.send(encode(welcomeOf(this.id, context, this.#service)));
    if (this.#service.behindMs() !== undefined) this.#heartbeat();
  }

  /** Acts for a principal as it is now, with what rights that leaves. */
  #adopt(context: SessionContext, principal: Principal, revision: number): void {
    become(context, principal);
    if (this.#watches.revokeUnless(principal, revision)) this.advanced();
  }

  /** Ends the connection of somebody whose time is over: only a new one of theirs asks for a new token. */
  #endsExpired({ principal }: SessionContext): boolean {
    const isOver = isExpired(principal, this.#service.clock);
    if (isOver) this.#end('token_expired', 'the token has expired: come back with a new one');
    return isOver;
  }

  #heartbeat(): void {
    const behindMs = this.#service.behindMs();
    const behind = behindMs === undefined ? {} : { behindMs };
    // safeguard: heartbeat-waits-for-lagging-watches
    this.#socket.send(encode({ type: 'heartbeat', revision: this.#watches.completeTo, ...behind }));
    this.#liveness.asked();
  }

  /** A frame that is a request, but not one that can be done, is answered; any other ends it all. */
  #reject({ code, id, problem }: Rejected, bytes: number): void {
    if (code === 'bad_message' || id === undefined || 'timeout' in this.#state)
      this.#end('bad_message', problem);
    else if ('context' in this.#state)
      this.#answers.refuse({ type: 'error', id, code, message: problem }, bytes);
  }

  /** `reason`: for the log, where it is not the other side's to know. */
  #end(code: ErrorCode, message: string, reason = message): void {
    if (this.#state.kind === 'closed') return;
    this.#notes.end(code, reason);
    this.#becomeClosed();
    this.#socket.close(closeCodeOf(code), message);
  }

  #becomeClosed(): void {
    if (this.#state.kind === 'closed') return;
    if ('timeout' in this.#state) this.#state.timeout.cancel();
    if ('context' in this.#state) this.#service.peers.remove(this.#state.context);
    this.#state = { kind: 'closed' };
    this.#service.counters.count('connectionsClosed');
    this.#watches.close();
    this.#incoming.clear();
    this.#answers.clear();
    this.#onEnded();
  }
}
