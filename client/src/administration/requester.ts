import type { Reply, Request, Unsent } from '@confer/shared';
import type { Client, WaitOptions } from '../api.ts';
import type { ConferError } from '../errors.ts';
import type { Deadline } from '../requests/deadline.ts';
import type { ClientContext } from '../watch/context.ts';

/** An answer of one type. */
type Answered<Type extends Reply['type']> = Extract<Reply, { type: Type }>;

/** Asks a server about rights, over the connection of a client. */
export class Requester {
  readonly #client: Pick<Client, 'status' | 'on'>;
  readonly #context: ClientContext;

  constructor(client: Pick<Client, 'status' | 'on'>, context: ClientContext) {
    this.#client = client;
    this.#context = context;
  }

  /** Asks, and again after a lost connection, until there is an answer. */
  ask<Type extends Reply['type']>(
    type: Type,
    options: WaitOptions | undefined,
    request: (id: number) => Unsent<Request>,
  ): Promise<Answered<Type>> {
    return this.#ask(type, this.#context.newDeadline(options), request);
  }

  /** One deadline for several requests: all pages of a list have it together. */
  together(
    options: WaitOptions | undefined,
  ): <Type extends Reply['type']>(
    type: Type,
    request: (id: number) => Unsent<Request>,
  ) => Promise<Answered<Type>> {
    const deadline = this.#context.newDeadline(options);
    return (type, request) => this.#ask(type, deadline, request);
  }

  /**
   * Asks once, for what must not be done twice and has no request id that would see to that:
   *
   * 1. It waits until there is a connection.
   * 2. It is sent over that one. Where the connection is lost before the answer, it fails with `loss`.
   * 3. That is heard in the turn of the loss, and the next connection takes another: so it is never sent again.
   */
  async askOnce<Type extends Reply['type']>(
    type: Type,
    options: WaitOptions | undefined,
    request: (id: number) => Unsent<Request>,
    loss: ConferError,
  ): Promise<Answered<Type>> {
    const deadline = this.#context.newDeadline(options);
    // Answered over whatever connection there is then; what is wrong until then is said by its failure.
    while (!this.#isOpen) await this.#ask('identity', deadline, (id) => ({ type: 'whoami', id }));
    const ended = new AbortController();
    const { signal } = deadline;
    const abort = () => ended.abort(signal?.reason);
    if (signal?.aborted === true) abort();
    let isLost = false;
    const off = this.#client.on('status', () => {
      isLost ||= !this.#isOpen;
      if (isLost) ended.abort();
    });
    signal?.addEventListener('abort', abort);
    try {
      return await this.#ask(type, { ...deadline, signal: ended.signal }, request);
    } catch (error) {
      throw isLost ? loss : error;
    } finally {
      signal?.removeEventListener('abort', abort);
      off();
    }
  }

  get #isOpen(): boolean {
    return this.#client.status.kind === 'open';
  }

  async #ask<Type extends Reply['type']>(
    type: Type,
    deadline: Deadline,
    request: (id: number) => Unsent<Request>,
  ): Promise<Answered<Type>> {
    const { reply } = await this.#context.requests.ask(type, request, deadline);
    return reply;
  }
}
