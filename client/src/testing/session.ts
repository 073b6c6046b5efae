import {
  type Commit,
  type DownMessage,
  decodeUp,
  type ErrorCode,
  encode,
  errorKind,
  limits,
  PROTOCOL_VERSION,
  ProtocolError,
  type Request,
  times,
  type UpMessage,
} from '@confer/shared';
import { CommitParts } from './commit-parts.ts';
import type { Peer } from './link.ts';
import { type Answering, answer } from './requests.ts';
import type { Watcher } from './watcher.ts';

/** The way of a session to its client. */
export interface SessionSocket {
  send(frame: string): void;
  close(code: number, reason: string): void;
}

/** What a session needs of its server. */
export interface SessionHost extends Pick<Answering, 'store' | 'leases' | 'write' | 'newName'> {
  /** Why nobody is let in. */
  readonly refusal: 'unauthenticated' | 'forbidden' | undefined;
  /** As `status` tells them. */
  readonly figures: Answering['figures'];
}

const { operationsMax, watchesMax, requestsMax, commitBytesMax, waitingBytesMax } = limits;
const { pathBytesMax, valueBytesMax, messageBytesMax } = limits;
/** What comes over a pipe comes whole. */
const frameBytesMax = messageBytesMax;

/** The server's end of one connection: hello and welcome, then requests, each answered at once. */
export class Session implements Peer {
  readonly id: string;
  readonly #socket: SessionSocket;
  readonly #host: SessionHost;
  readonly #onGone: (session: Session) => void;
  readonly #watches = new Map<string, Watcher>();
  readonly #parts = new CommitParts();
  #state: 'greeted' | 'new' | 'over' = 'new';
  /** Becomes `updatedBy` and `actor`. */
  #actor = 'anonymous';

  constructor(
    id: string,
    socket: SessionSocket,
    host: SessionHost,
    onGone: (session: Session) => void,
  ) {
    this.id = id;
    this.#socket = socket;
    this.#host = host;
    this.#onGone = onGone;
  }

  get watches(): number {
    return this.#watches.size;
  }

  onMessage(frame: string): void {
    if (this.#state === 'over') return;
    const decoded = decodeUp(frame);
    if (decoded.ok) this.#take(decoded.message);
    else if (decoded.id === undefined || this.#state === 'new' || decoded.code === 'bad_message')
      this.end('bad_message', decoded.problem);
    else this.#refuse(decoded.id, new ProtocolError(decoded.code, decoded.problem));
  }

  onClose(): void {
    this.#becomeOver();
  }

  /** Tells how far all watches are. Between two requests, each has everything. */
  beat(): void {
    if (this.#state === 'greeted')
      this.#say({ type: 'heartbeat', revision: this.#host.store.revision });
  }

  told(commit: Commit): void {
    for (const watcher of this.#watches.values()) watcher.told(commit);
  }

  /** Every right ends with a revision (W11). */
  revoke(revision: number): void {
    for (const watcher of this.#watches.values()) watcher.revoke(revision);
    this.#watches.clear();
  }

  /** The server stops, and asks the client to come back. */
  leave(retryInMs: number): void {
    const message = 'the server is stopping';
    if (this.#state === 'greeted')
      this.#say({ type: 'goodbye', code: 'shutting_down', message, retryInMs });
    this.end('shutting_down', message);
  }

  end(code: ErrorCode, message: string): void {
    if (this.#state === 'over') return;
    this.#becomeOver();
    this.#socket.close(errorKind(code).closeCode ?? 1011, message);
  }

  #becomeOver(): void {
    this.#state = 'over';
    this.#watches.clear();
    this.#onGone(this);
  }

  #take(message: UpMessage): void {
    if (this.#state === 'new' && message.type === 'hello') this.#greet(message);
    else if (this.#state === 'new' || message.type === 'hello')
      this.end('bad_message', `${message.type} out of turn`);
    else if (message.type !== 'heartbeat') this.#answer(message);
  }

  #greet({ version, client }: Extract<UpMessage, { type: 'hello' }>): void {
    const { refusal, store } = this.#host;
    if (version !== PROTOCOL_VERSION) {
      this.end('version_unsupported', `this server speaks version ${PROTOCOL_VERSION}`);
      return;
    }
    if (refusal === 'unauthenticated') {
      this.end(refusal, 'the server does not know who you are');
      return;
    }
    this.#state = 'greeted';
    this.#actor = client?.name ?? this.#actor;
    this.#say({
      ...{ type: 'welcome', version, session: this.id, epoch: store.epoch },
      ...{ timeline: store.timeline, revision: store.revision, heartbeatMs: times.heartbeatMs },
      limits: {
        ...{ pathBytesMax, valueBytesMax, frameBytesMax, messageBytesMax, operationsMax },
        ...{ watchesMax, requestsMax, commitBytesMax, waitingBytesMax },
      },
    });
  }

  #answer(message: Request): void {
    try {
      const request = this.#parts.take(message);
      if (request === undefined) return;
      if (this.#host.refusal === 'forbidden')
        throw new ProtocolError('forbidden', 'the test server refuses everything');
      const { reply, next } = answer(request, {
        ...{ store: this.#host.store, figures: this.#host.figures, watches: this.#watches },
        actor: this.#actor,
        leases: this.#host.leases,
        say: (message) => this.#say(message),
        write: (write) => this.#host.write(write),
        newName: (prefix) => this.#host.newName(prefix),
      });
      this.#say(reply);
      next?.();
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      if (error.code === 'bad_message') this.end(error.code, error.message);
      else this.#refuse(message.id, error);
    }
  }

  #refuse(id: number, { code, message, details }: ProtocolError): void {
    this.#say({ type: 'error', id, code, message, ...details });
  }

  #say(message: DownMessage): void {
    this.#socket.send(encode(message));
  }
}
