import {
  type Clock,
  encode,
  errorTable,
  limits,
  type Reply,
  type Request,
  type Unsent,
  utf8Length,
  type Welcome,
} from '@confer/shared';
import type { Connection } from '../connection/connection.ts';
import type { RequestsDiagnostics } from '../diagnostics.ts';
import { ConferError } from '../errors.ts';
import { errorOfReply, messageOf } from '../make-error.ts';
import { type Deadline, Deferred, throwIfAborted } from './deadline.ts';
import { noAnswer } from './no-answer.ts';
import { replyProblem } from './reply-rules.ts';

/** A reply, with the `welcome` of the connection that it came over. */
export interface Answer<Type extends Reply['type']> {
  readonly reply: Extract<Reply, { type: Type }>;
  readonly welcome: Welcome;
}

/** A request of the user. It outlives connections: until it has its reply, each one gets it again. */
interface Lasting {
  readonly kind: 'lasting';
  readonly frames: readonly string[];
  /** Of all its frames. */
  readonly bytes: number;
  readonly askedAt: number;
  answer(reply: Reply, welcome: Welcome): void;
  fail(error: ConferError): void;
}

/** A request about this connection alone. It is forgotten with it. */
interface Passing {
  readonly kind: 'passing';
  readonly frames: readonly string[];
  readonly bytes: number;
  answer(reply: Reply): void;
}

/** Nobody waits any more, but the server counts it until it has answered. */
interface Abandoned {
  readonly kind: 'abandoned';
  readonly bytes: number;
}

type FramesOf = (request: Unsent<Request>) => readonly string[];

/** What may wait to be sent, and be unanswered at all; beyond that the caller is told at once. */
const QUEUE_LENGTH_MAX = 10_000;
const UNANSWERED_BYTES_MAX = 128 * 1024 * 1024;

/**
 * Request multiplexing: the requests that have no answer yet. Here: correlation ids, order, flow control (the
 * bound on how many are under way), sending again after a lost connection, and how each wait ends. Not
 * here: what they mean.
 */
export class Requests {
  readonly #clock: Clock;
  readonly #connection: Connection;
  readonly #framesOf: FramesOf;
  #lastId = 0;
  #welcome: Welcome | undefined;
  /** Why there will never be an answer. */
  #over: ConferError | undefined;
  /** Not sent on this connection yet, in the order they go out: first those about the connection. */
  readonly #passing = new Map<number, Passing>();
  readonly #lasting = new Map<number, Lasting>();
  /** Sent on this connection, and counted by the server against its `requestsMax`. */
  readonly #underWay = new Map<number, Lasting | Passing | Abandoned>();
  #underWayBytes = 0;
  #unansweredBytes = 0;

  /** `framesOf`: what a request travels in, where that may be more than one frame. */
  constructor(
    clock: Clock,
    connection: Connection,
    framesOf: FramesOf = (request) => [encode(request)],
  ) {
    this.#framesOf = framesOf;
    this.#clock = clock;
    this.#connection = connection;
  }

  /**
   * Sends a request until it is answered. An error reply rejects with its typed error. `onReply` is
   * called at the very moment of the reply: the caller of a promise learns of it only later, when more
   * messages may have come.
   */
  async ask<Type extends Reply['type']>(
    type: Type,
    request: (id: number) => Unsent<Request>,
    deadline: Deadline,
    onReply: () => void = () => {},
  ): Promise<Answer<Type>> {
    throwIfAborted(deadline.signal);
    const id = ++this.#lastId;
    const asked = request(id);
    const frames = framed(() => this.#framesOf(asked));
    const bytes = bytesOf(frames);
    this.#admit(bytes);
    const late = () => `no answer from ${this.#connection.server}`;
    const deferred = new Deferred<Answer<Type>>(deadline, this.#connection, late, () =>
      this.#abandon(id),
    );
    this.#lasting.set(id, {
      kind: 'lasting',
      frames,
      bytes,
      askedAt: this.#clock.now(),
      answer(reply, welcome) {
        const problem = replyProblem(asked, reply);
        if (problem !== undefined) deferred.reject(noAnswer(problem));
        else if (isOfType(reply, type)) {
          onReply();
          deferred.resolve({ reply, welcome });
        } else deferred.reject(errorOf(reply, type));
      },
      fail: (error) => deferred.reject(error),
    });
    this.#unansweredBytes += bytes;
    this.#pump();
    return deferred.promise;
  }

  /** Sends a request on this connection, ahead of the lasting ones. No answer after its end. */
  tell(request: (id: number) => Unsent<Request>, answer: (reply: Reply) => void = () => {}): void {
    if (this.#over !== undefined) return;
    const id = ++this.#lastId;
    const frames = [encode(request(id))];
    this.#passing.set(id, { kind: 'passing', frames, bytes: bytesOf(frames), answer });
    this.#pump();
  }

  /** A connection is there. What was asked by `tell` meanwhile goes first, then all the rest. */
  opened(welcome: Welcome): void {
    this.#welcome = welcome;
    this.#pump();
  }

  /** The connection is gone. Those it carried come before those that still waited for it. */
  lost(closeCode?: number): void {
    this.#welcome = undefined;
    if (closeCode === errorTable.frame_too_large.closeCode) this.#refuseLargest();
    const unanswered = [...this.#underWay, ...this.#lasting];
    this.#lasting.clear();
    // safeguard: request-id-outlives-its-connection
    for (const [id, request] of unanswered)
      if (request.kind === 'lasting') this.#lasting.set(id, request);
    this.#underWay.clear();
    this.#underWayBytes = 0;
    this.#passing.clear();
  }

  received(reply: Reply): void {
    const request = this.#underWay.get(reply.id);
    if (request === undefined || this.#welcome === undefined) return;
    this.#underWay.delete(reply.id);
    this.#underWayBytes -= request.bytes;
    if (request.kind === 'lasting') {
      this.#unansweredBytes -= request.bytes;
      this.#connection.answered();
      request.answer(reply, this.#welcome);
    } else if (request.kind === 'passing') request.answer(reply);
    this.#pump();
  }

  diagnostics(): RequestsDiagnostics {
    // In the order they were asked: what is under way was so before what still waits.
    const unanswered = [...this.#underWay.values(), ...this.#lasting.values()].filter(
      (request) => request.kind === 'lasting',
    );
    const [oldest] = unanswered;
    return {
      unanswered: unanswered.length,
      oldestMs: oldest && this.#clock.now() - oldest.askedAt,
    };
  }

  /** Ends all that wait, and all that will ever be asked. */
  end(error: ConferError): void {
    this.#over = error;
    this.lost();
    const waiting = [...this.#lasting.values()];
    this.#lasting.clear();
    this.#unansweredBytes = 0;
    for (const request of waiting) request.fail(error);
  }

  #admit(bytes: number): void {
    if (this.#over !== undefined) throw this.#over;
    if (
      this.#lasting.size >= QUEUE_LENGTH_MAX ||
      (this.#unansweredBytes > 0 && this.#unansweredBytes + bytes > UNANSWERED_BYTES_MAX)
    )
      throw new ConferError('too_many_requests', 'too many requests are unanswered already');
  }

  #pump(): void {
    const announced = this.#welcome?.limits;
    if (announced === undefined) return;
    // What nobody waits for any more is kept until its answer: a server may not make that endless.
    const underWayMax = Math.max(1, Math.min(announced.requestsMax, limits.requestsMax));
    while (this.#underWay.size < underWayMax) {
      const [id, request] = first(this.#passing) ?? first(this.#lasting) ?? [];
      if (id === undefined || request === undefined) return;
      const isRoom =
        this.#underWay.size === 0 ||
        this.#underWayBytes + request.bytes <= announced.waitingBytesMax;
      if (!isRoom) return;
      this.#passing.delete(id);
      this.#lasting.delete(id);
      const problem = request.kind === 'lasting' ? sizeProblem(request, announced) : undefined;
      if (request.kind === 'lasting' && problem !== undefined) {
        this.#unansweredBytes -= request.bytes;
        request.fail(problem);
        continue;
      }
      this.#underWay.set(id, request);
      this.#underWayBytes += request.bytes;
      for (const frame of request.frames) this.#connection.send(frame);
    }
  }

  /** Of all that was under way, only that can have been too large; sent again, it would be so again. */
  #refuseLargest(): void {
    const [largest] = [...this.#underWay]
      .flatMap(([id, request]) => (request.kind === 'lasting' ? [{ id, request }] : []))
      .sort((a, b) => b.request.bytes - a.request.bytes);
    if (largest === undefined) return;
    const { id, request } = largest;
    this.#abandon(id);
    request.fail(
      new ConferError('too_large', 'the server ended the connection over the size of the request'),
    );
  }

  #abandon(id: number): void {
    const request = this.#underWay.get(id) ?? this.#lasting.get(id);
    if (request?.kind !== 'lasting') return;
    this.#unansweredBytes -= request.bytes;
    if (this.#underWay.has(id)) this.#underWay.set(id, { kind: 'abandoned', bytes: request.bytes });
    else this.#lasting.delete(id);
  }
}

/** What is not looked at before may still hold what no JSON can. */
function framed(make: () => readonly string[]): readonly string[] {
  try {
    return make();
  } catch (error) {
    throw new ConferError('invalid_argument', `no JSON: ${messageOf(error)}`, { cause: error });
  }
}

function first<Item>(queue: ReadonlyMap<number, Item>): [number, Item] | undefined {
  for (const item of queue) return item;
  return undefined;
}

function isOfType<Type extends Reply['type']>(
  reply: Reply,
  type: Type,
): reply is Extract<Reply, { type: Type }> {
  return reply.type === type;
}

function errorOf(reply: Reply, expected: string): ConferError {
  return reply.type === 'error'
    ? errorOfReply(reply)
    : new ConferError('internal', `the server answered ${reply.type} instead of ${expected}`);
}

function bytesOf(frames: readonly string[]): number {
  return frames.reduce((sum, frame) => sum + utf8Length(frame), 0);
}

function sizeProblem(
  { frames, bytes }: Pick<Lasting, 'frames' | 'bytes'>,
  { messageBytesMax, commitBytesMax }: Welcome['limits'],
): ConferError | undefined {
  const isTooLarge = frames.some((frame) => utf8Length(frame) > messageBytesMax);
  if (!isTooLarge && bytes <= commitBytesMax) return undefined;
  const bytesMax = isTooLarge ? messageBytesMax : commitBytesMax;
  return new ConferError(
    'too_large',
    `the request is larger than the ${bytesMax} bytes that the server takes`,
  );
}
