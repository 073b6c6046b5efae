import {
  type DownMessage,
  decodeDown,
  type ErrorCode,
  encode,
  PROTOCOL_VERSION,
  piecesOf,
  type Timer,
  times,
  type Welcome,
} from '@confer/shared';
import type { ConnectionDiagnostics, ConnectionHistory } from '../diagnostics.ts';
import { type ClientErrorCode, ConferError } from '../errors.ts';
import { messageOf } from '../make-error.ts';
import type { ClientStatus, RetryOutlook } from '../status.ts';
import { checkToken } from '../validation/arguments.ts';
import { newHistory, noteLoss, noteWelcome } from './connection-history.ts';
import type { ConnectionEvents, ConnectionOptions } from './connection-options.ts';
import type { Attempt, State } from './connection-state.ts';
import { bounds, finalErrorOf } from './connection-state.ts';
import type { Endpoint } from './endpoints.ts';
import { InactivityTimer } from './inactivity-timer.ts';
import { WelcomeRules } from './welcome-rules.ts';

/** The connection, which reconnects by itself: handshake, failover to the next server, backoff, inactivity. */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #events: ConnectionEvents;
  #state: State = { kind: 'idle' };
  #status: ClientStatus;
  readonly #history: ConnectionHistory;
  readonly #rules = new WelcomeRules();
  /** Of the attempt that runs or ran last. */
  #endpoint: Endpoint;
  /** Which one in a row the next attempt is; 0 once a connection was of use for a while. */
  #number = 1;
  #onClosed = () => {};
  readonly #closed = new Promise<void>((resolve) => {
    this.#onClosed = resolve;
  });

  constructor(options: ConnectionOptions, events: ConnectionEvents) {
    this.#options = options;
    this.#events = events;
    this.#history = newHistory(options.clock.now());
    [this.#endpoint] = options.endpoints;
    this.#status = { kind: 'connecting', url: this.#endpoint.name, attempt: 1 };
  }

  get status(): ClientStatus {
    return this.#status;
  }

  /** The server in use, or tried last. */
  get server(): string {
    return this.#endpoint.name;
  }

  /** For the end of a message: why the server is not reached. Empty while it is. */
  get failureReason(): string {
    return this.#state.kind === 'open'
      ? ''
      : `: ${this.#history.lastLoss?.reason ?? 'still connecting'}`;
  }

  /** What waits for the connection can say when it is tried again; empty while it is not waiting. */
  get retry(): RetryOutlook {
    const status = this.#status;
    return status.kind === 'waiting' ? { retryAt: status.retryAt, attempt: status.attempt } : {};
  }

  diagnostics(): ConnectionDiagnostics {
    const { endpoints, backoff } = this.#options;
    return {
      urls: endpoints.map(({ socketUrl }) => socketUrl),
      url: this.#endpoint.socketUrl,
      status: this.#status.kind,
      retryAt: this.retry.retryAt,
      backoffMs: backoff.ceilingMs,
      ...this.#history,
    };
  }

  /** To be called once. */
  start(): void {
    this.#connect();
  }

  /** Until when what came over it is known to be all there was. */
  get lastKnownGood(): number {
    const now = this.#options.clock.now();
    return this.#state.kind === 'open' ? now : (this.#history.lastLoss?.sureUntil ?? now);
  }

  /** Only between `onOpen` and `onLost`. */
  send(message: string): void {
    if (this.#state.kind !== 'open') return;
    const { socket, welcome } = this.#state;
    for (const frame of piecesOf(message, welcome.limits.frameBytesMax)) socket.send(frame);
  }

  /**
   * A request was answered. Users who ask a server that dies ever again, but answers in between, do not
   * wait in vain for it: they set the pace themselves.
   */
  answered(): void {
    this.#options.backoff.ease();
    this.progress();
  }

  /** The connection is of use. */
  progress(): void {
    if (this.#state.kind !== 'open') return;
    this.#state.attempt.isOfUse = true;
    this.#judge(this.#state.attempt);
  }

  /** After a connection that was of use and lasted, the next loss is a new one, not one more failure. */
  #judge({ isOfUse }: Attempt): void {
    if (!isOfUse || this.#options.clock.now() - this.#history.since < bounds.lastingMs) return;
    this.#options.backoff.reset();
    this.#number = 0;
  }

  /** What came breaks the protocol, which only those can tell that it is for. */
  refuse(problem: string): void {
    if (this.#state.kind === 'open') this.#refuse(this.#state.attempt, problem);
  }

  /** Tries again at once, or gives a server up that says nothing to `ask` for as long as a welcome may take. */
  checkNow(ask: () => void): void {
    const state = this.#state;
    if (state.kind === 'waiting') this.#connect();
    else if (state.kind === 'open') {
      state.timer.expect(this.#options.connectMs);
      ask();
    }
  }

  /** Resolves when the socket is gone, or has not gone for a while. */
  close(): Promise<void> {
    const state = this.#state;
    if ('socket' in state) {
      const timer = this.#options.clock.setTimer(bounds.closeMs, () => this.#finish());
      this.#transition({ kind: 'closing', attempt: state.attempt, timer }, { kind: 'closed' });
      state.socket.close(1000, 'the client closed');
    } else if (this.#status.kind !== 'closed') this.#finish({ kind: 'closed' });
    return this.#closed;
  }

  /** Each attempt goes to the next server. */
  #connect(): void {
    const { endpoints, token } = this.#options;
    this.#endpoint = endpoints[this.#history.attempts++ % endpoints.length] ?? endpoints[0];
    const status = { kind: 'connecting', url: this.server, attempt: this.#number } as const;
    if (typeof token === 'function') this.#askToken(token, status);
    else this.#open({}, token, status);
  }

  #askToken(token: () => string | Promise<string>, status: ClientStatus): void {
    const attempt: Attempt = {};
    const timer = this.#deadline(attempt, 'the token');
    this.#transition({ kind: 'asking', attempt, timer }, status);
    new Promise<string>((resolve) => resolve(token()))
      .then((answer) => {
        checkToken(answer);
        if (this.#isCurrent(attempt)) this.#open(attempt, answer);
      })
      .catch((error) => this.#lose(attempt, `no token: ${messageOf(error)}`));
  }

  #open(attempt: Attempt, token: string | undefined, status?: ClientStatus): void {
    const timer = this.#deadline(attempt, 'a welcome');
    const socket = this.#options.openSocket(this.#endpoint.socketUrl, {
      onOpen: () => this.#greet(attempt, token),
      onMessage: (frame) => this.#receive(attempt, frame),
      onClose: (...end) => this.#ended(attempt, ...end),
    });
    this.#transition({ kind: 'connecting', attempt, timer, socket }, status);
  }

  #deadline(attempt: Attempt, what: string): Timer {
    const { clock, connectMs } = this.#options;
    return clock.setTimer(connectMs, () =>
      this.#drop(attempt, 4408, `${what} did not come within ${connectMs} ms`),
    );
  }

  #greet(attempt: Attempt, token: string | undefined): void {
    const state = this.#state;
    if (state.kind !== 'connecting' || state.attempt !== attempt) return;
    this.#transition({ ...state, kind: 'greeting' });
    const { client } = this.#options;
    state.socket.send(encode({ type: 'hello', version: PROTOCOL_VERSION, token, client }));
  }

  #receive(attempt: Attempt, frame: string): void {
    const state = this.#state;
    if (!this.#isCurrent(attempt) || state.kind === 'closing') return;
    this.#history.heardAt = this.#options.clock.now();
    if (state.kind === 'open') state.timer.heard();
    const decoded = decodeDown(frame);
    if (decoded.ok) this.#handle(attempt, decoded.message);
    else if (decoded.code !== 'unknown_type') this.#refuse(attempt, decoded.problem);
  }

  #handle(attempt: Attempt, message: DownMessage): void {
    const state = this.#state;
    if (message.type === 'goodbye')
      attempt.goodbyeMs = Math.min(message.retryInMs, bounds.goodbyeMs);
    else if (state.kind === 'greeting' && message.type === 'welcome') {
      const problem = this.#rules.problemOf(message);
      if (problem === undefined) this.#welcome(state, message);
      else this.#refuse(attempt, `welcome: ${problem}`);
    } else if (state.kind === 'open' && message.type !== 'welcome') {
      this.#events.onMessage(message);
      if (message.type === 'heartbeat' && this.#isCurrent(attempt))
        this.#history.revision = this.#rules.reached(message.revision);
    } else this.#refuse(attempt, `${message.type} out of turn`);
  }

  #welcome(state: State & { kind: 'greeting' }, welcome: Welcome): void {
    const limitMs = welcome.heartbeatMs * times.silentBeatsMax;
    const timer = new InactivityTimer(this.#options.clock, limitMs, (silentMs) =>
      this.#drop(state.attempt, 4408, `the server was silent for ${silentMs} ms`),
    );
    noteWelcome(this.#history, welcome);
    const status = { kind: 'open', url: this.server, epoch: welcome.epoch } as const;
    this.#transition({ ...state, kind: 'open', welcome, timer }, status);
  }

  /** The server broke the protocol. That is worth a word to somebody; another try may do better. */
  #refuse(attempt: Attempt, problem: string): void {
    const reason = `${this.server} sent what is no message: ${problem}`;
    this.#drop(attempt, 4400, reason);
    this.#events.onError(new ConferError('bad_message', reason));
  }

  /** Gives a socket up from this side. */
  #drop(attempt: Attempt, code: number, reason: string): void {
    const state = this.#state;
    this.#lose(attempt, reason, 'socket' in state ? code : undefined);
    if ('socket' in state) state.socket.close(code, reason);
  }

  /** The socket is gone. Whether somebody has to mend something is what its close code says, or the socket. */
  #ended(attempt: Attempt, code: number, reason: string, refused?: ClientErrorCode): void {
    if (!this.#isCurrent(attempt)) return;
    const known = refused ?? finalErrorOf(code);
    // With other servers to go to, each has its turn as soon as ever.
    if (refused && !this.#options.endpoints[1]) this.#options.backoff.exhaust();
    if (this.#state.kind === 'closing') this.#finish();
    else if (known) this.#lose(attempt, `refused (${known}): ${reason}`, code, { refused: known });
    else this.#lose(attempt, reason || `the connection ended with code ${code}`, code);
  }

  /** The attempt, or the connection that it became, is over; the next one waits its time. */
  #lose(
    attempt: Attempt,
    why: string,
    code?: number,
    refusal?: { readonly refused: ErrorCode | ClientErrorCode },
  ): void {
    if (!this.#isCurrent(attempt) || this.#state.kind === 'closing') return;
    this.#judge(attempt);
    const { clock, backoff } = this.#options;
    const reason = why.slice(0, bounds.reasonLength);
    const delayMs = Math.max(attempt.goodbyeMs ?? 0, backoff.nextMs());
    const timer = clock.setTimer(delayMs, () => this.#connect());
    noteLoss(this.#history, clock.now(), reason, code);
    const retryAt = clock.now() + delayMs;
    this.#transition(
      { kind: 'waiting', timer },
      { kind: 'waiting', reason, retryAt, attempt: ++this.#number, ...refusal },
      reason,
      code,
    );
  }

  #finish(status?: ClientStatus): void {
    this.#transition({ kind: 'closed' }, status);
    this.#onClosed();
  }

  #isCurrent(attempt: Attempt): boolean {
    return 'attempt' in this.#state && this.#state.attempt === attempt;
  }

  /** The only door from one state to another. `status` is what the user is told, where that is new. */
  #transition(next: State, status = this.#status, reason = 'closed', code?: number): void {
    const last = this.#state;
    this.#state = next;
    if ('timer' in last && !('timer' in next && next.timer === last.timer)) last.timer.cancel();
    const isNews = status !== this.#status;
    this.#status = status;
    if (isNews) this.#history.since = this.#options.clock.now();
    this.#options.listeners.hold(() => {
      if (last.kind === 'open') this.#events.onLost(reason, code);
      if (next.kind === 'open') this.#events.onOpen(next.welcome);
      if (isNews) this.#events.onStatus(status);
    });
  }
}
