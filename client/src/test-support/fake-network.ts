import { assert, type DownMessage, decodeUp, encode, type UpMessage } from '@confer/shared';
import { JoinedPieces } from '../../../shared/src/test-support/joined-pieces.ts';
import type { ClientErrorCode } from '../errors.ts';
import type { OpenSocket, SocketHandlers } from '../sockets/socket.ts';

type Sent<Type extends UpMessage['type']> = Extract<UpMessage, { type: Type }>;

const LIMITS = {
  pathBytesMax: 1024,
  valueBytesMax: 1024 * 1024,
  frameBytesMax: 16 * 1024,
  messageBytesMax: 8 * 1024 * 1024,
  operationsMax: 100_000,
  watchesMax: 10_000,
  requestsMax: 1_000,
  commitBytesMax: 32 * 1024 * 1024,
  waitingBytesMax: 64 * 1024 * 1024,
};

/** A socket as the server of a script sees it: what the client sent, and what it is sent. */
export class FakeServerSocket {
  readonly url: string;
  readonly sent: UpMessage[] = [];
  closedBy: { readonly code: number; readonly reason: string } | undefined;
  readonly #handlers: SocketHandlers;
  #watches = 0;

  constructor(url: string, handlers: SocketHandlers) {
    this.url = url;
    this.#handlers = handlers;
  }

  open(): void {
    this.#handlers.onOpen();
  }

  say(message: DownMessage): void {
    this.sayRaw(encode(message));
  }

  sayRaw(frame: string): void {
    this.#handlers.onMessage(frame);
  }

  /** The connection is gone, as the client sees it. */
  end(code = 1006, reason = 'the connection was lost', refused?: ClientErrorCode): void {
    this.#handlers.onClose(code, reason, refused);
  }

  welcome({
    epoch = 'e1',
    timeline,
    revision = 0,
    heartbeatMs = 10_000,
    ...limits
  }: {
    epoch?: string;
    timeline?: string;
    revision?: number;
    heartbeatMs?: number;
  } & Partial<typeof LIMITS> = {}) {
    this.open();
    this.say({
      type: 'welcome',
      version: 1,
      session: 's-1',
      epoch,
      ...(timeline === undefined ? {} : { timeline }),
      revision,
      heartbeatMs,
      limits: { ...LIMITS, ...limits },
    });
  }

  /** The oldest message of that type that no test has taken yet. */
  take<Type extends UpMessage['type']>(type: Type): Sent<Type> {
    const message = this.sent.find((candidate) => isOfType(candidate, type));
    assert(message !== undefined && isOfType(message, type), `the client sent ${type}`);
    this.sent.splice(this.sent.indexOf(message), 1);
    return message;
  }

  /** The types of all that no test has taken yet. */
  get untaken(): readonly string[] {
    return this.sent.map(({ type }) => type);
  }

  /** Answers the oldest `watch`; returns the name it was given. */
  acceptWatch(revision = 0): string {
    const { id, after } = this.take('watch');
    const watch = `w${++this.#watches}`;
    this.say({ type: 'watching', id, watch, revision: after?.revision ?? revision });
    return watch;
  }

  /** Answers the oldest `commit`. */
  acceptCommit(revision: number, puts = 1, deletes = 0): void {
    this.say({ type: 'committed', id: this.take('commit').id, revision, puts, deletes });
  }
}

/** All the sockets that a client opened, oldest first. */
export class FakeNetwork {
  readonly connections: FakeServerSocket[] = [];
  /** What the server does with each new connection, once the client has it in hand. */
  onOpened: ((connection: FakeServerSocket) => void) | undefined;

  readonly openSocket: OpenSocket = (url, handlers) => {
    const connection = new FakeServerSocket(url, handlers);
    this.connections.push(connection);
    queueMicrotask(() => this.onOpened?.(connection));
    const joined = new JoinedPieces();
    return {
      send: (frame) => {
        const message = joined.take(frame);
        if (message === undefined) return;
        const decoded = decodeUp(message);
        assert(decoded.ok, `the client sends messages: ${decoded.ok ? '' : decoded.problem}`);
        connection.sent.push(decoded.message);
      },
      close: (code, reason) => {
        connection.closedBy = { code, reason };
      },
    };
  };

  get last(): FakeServerSocket {
    const last = this.connections.at(-1);
    assert(last !== undefined, 'the client opened a socket');
    return last;
  }
}

function isOfType<Type extends UpMessage['type']>(
  message: UpMessage,
  type: Type,
): message is Sent<Type> {
  return message.type === type;
}
