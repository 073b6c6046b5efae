import {
  type Committed,
  type Decided,
  type ErrorCode,
  type ErrorReply,
  isErrorCode,
  limits,
  type Reply,
  type Request,
  unreachable,
} from '@confer/shared';
import { handle, handleParts } from '../api/api.ts';
import { type ApiContext, Later } from '../api/context.ts';
import { CommitParts } from './commit-parts.ts';
import { type Asked, RequestQueue, type Work } from './request-queue.ts';
import type { Waiting } from './request-turns.ts';
import type { SessionService } from './service.ts';

export interface AnswersParts {
  /** Whether the connection takes answers, so that more may be begun. */
  readonly canBegin: () => boolean;
  readonly send: (reply: Reply) => void;
  readonly service: Pick<SessionService, 'turns' | 'counters' | 'measures' | 'runtime'>;
  /** The revision up to which the watches of the connection have shown everything. */
  readonly completeTo: () => number;
  /** Ends the connection. */
  readonly end: (code: ErrorCode, message: string) => void;
}

/** The requests of one connection, from when they come until they are answered. */
export class Answers implements Waiting {
  readonly #with: AnswersParts;
  readonly #queue = new RequestQueue(limits);
  readonly #parts = new CommitParts();
  /** Answers to writes that a watch of this connection has yet to show (W12). */
  #deferred: { readonly reply: Committed | Decided; readonly asked: Asked }[] = [];
  /** Of the requests that have no answer yet. */
  readonly #ids = new Set<number>();

  constructor(parts: AnswersParts) {
    this.#with = parts;
  }

  /** Requests that have no answer yet. */
  get waiting(): number {
    return this.#queue.count;
  }

  /** `bytes`: of its frame. */
  take(request: Request, context: ApiContext, bytes: number): void {
    const taken = this.#parts.take(request, bytes, context.principal);
    switch (taken.kind) {
      case 'request':
        this.#accept(taken.request, () => handle(taken.request, context), bytes);
        return;
      case 'part':
        if (!this.#queue.hold(bytes)) this.#endOverloaded();
        return;
      case 'whole': {
        const { whole, bytesBefore } = taken;
        this.#queue.release(bytesBefore);
        this.#accept(whole, () => handleParts(whole, context), bytesBefore + bytes);
        return;
      }
      case 'out of turn':
        this.#with.end('bad_message', taken.problem);
        return;
      default:
        unreachable(taken);
    }
  }

  /** Answers a request that cannot even be begun, in its turn. */
  refuse(reply: ErrorReply, bytes: number): void {
    this.#accept({ id: reply.id, type: 'invalid' }, () => reply, bytes);
  }

  /** A watch of the connection is further on. */
  advanced(): void {
    if (this.#deferred.length === 0) return;
    const completeTo = this.#with.completeTo();
    const due = this.#deferred.filter(({ reply }) => reply.revision <= completeTo);
    this.#deferred = this.#deferred.filter(({ reply }) => reply.revision > completeTo);
    for (const { reply, asked } of due) this.#send(reply, asked);
  }

  /** The connection takes answers again. */
  resume(): void {
    while (this.#with.service.turns.isTime && this.beginOne());
    if (this.#queue.hasQueued) this.#with.service.turns.schedule(this);
  }

  beginOne(): boolean {
    const { canBegin } = this.#with;
    const next = canBegin() ? this.#queue.next() : undefined;
    if (next !== undefined) this.#begin(next);
    if (!this.#queue.hasQueued || canBegin()) return this.#queue.hasQueued;
    // From here on they wait for the client.
    if (this.#queue.count > limits.requestsMax) this.#endOverloaded();
    return false;
  }

  /** Lets go of what was not begun. */
  clear(): void {
    this.#queue.clear();
  }

  #accept({ id, type: op }: { id: number; type: Asked['op'] }, work: Work, bytes: number): void {
    this.#with.service.counters.count('requestsTaken');
    const isRepeated = this.#ids.has(id);
    this.#ids.add(id);
    const cameMs = this.#with.service.runtime.uptimeMs();
    const asked = isRepeated
      ? { op, cameMs, work: () => repeated(id), bytes, isRepeated }
      : { op, cameMs, work, bytes };
    const { canBegin, service } = this.#with;
    const takesAnswers = canBegin();
    if (!this.#queue.admit(bytes, takesAnswers)) this.#endOverloaded();
    else if (takesAnswers && !this.#queue.hasQueued && service.turns.isTime) this.#begin(asked);
    else this.#enqueue(asked);
  }

  /** To be begun in the turns to come, or once the connection takes answers. */
  #enqueue(asked: Asked): void {
    const { canBegin, service } = this.#with;
    this.#queue.enqueue(asked);
    if (canBegin()) service.turns.schedule(this);
  }

  #endOverloaded(): void {
    const { requestsMax, waitingBytesMax } = limits;
    const most = `at most ${requestsMax} requests of ${waitingBytesMax} bytes wait for an answer`;
    this.#with.end('too_many_requests', most);
  }

  #begin(asked: Asked): void {
    const answer = asked.work();
    if (answer instanceof Promise) void answer.then((reply) => this.#reply(reply, asked));
    else if (answer instanceof Later)
      void answer.ready.then((work) => this.#enqueue({ ...asked, work }));
    else this.#reply(answer, asked);
  }

  #reply(reply: Reply, asked: Asked): void {
    // safeguard: answer-waits-for-its-watches
    if (isOfWrite(reply) && this.#with.completeTo() < reply.revision)
      this.#deferred.push({ reply, asked });
    else this.#send(reply, asked);
    if (reply.type === 'unwatched') this.advanced();
  }

  #send(reply: Reply, { op, cameMs, bytes, isRepeated }: Asked): void {
    this.#queue.answered(bytes);
    if (isRepeated !== true) this.#ids.delete(reply.id);
    this.#note(op, this.#with.service.runtime.uptimeMs() - cameMs, reply);
    this.#with.send(reply);
  }

  #note(op: Asked['op'], tookMs: number, reply: Reply): void {
    const { counters, measures } = this.#with.service;
    if (reply.type !== 'error' || !isErrorCode(reply.code)) {
      measures.requests.answered(op, tookMs);
      return;
    }
    measures.requests.answered(op, tookMs, reply.code);
    counters.count(`requestsRefused.${reply.code}`);
  }
}

function isOfWrite(reply: Reply): reply is Committed | Decided {
  return reply.type === 'committed' || reply.type === 'decided';
}

function repeated(id: number): Reply {
  const message = `the request before of the id ${id} has no answer yet`;
  return { type: 'error', id, code: 'invalid_message', message };
}
