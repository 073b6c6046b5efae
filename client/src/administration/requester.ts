import type { Reply, Request, Unsent } from '@confer/shared';
import type { WaitOptions } from '../api.ts';
import type { ConferError } from '../errors.ts';
import type { ClientContext } from '../watch/context.ts';

const NOTHING = () => {};

/** Asks a server about rights, over the connection of a client. */
export class Requester {
  readonly #context: ClientContext;

  constructor(context: ClientContext) {
    this.#context = context;
  }

  /** `loss`: what the request fails with, and is not sent again, where the connection is lost before the answer. */
  async ask<Type extends Reply['type']>(
    type: Type,
    options: WaitOptions | undefined,
    request: (id: number) => Unsent<Request>,
    loss?: ConferError,
  ): Promise<Extract<Reply, { type: Type }>> {
    const { requests, newDeadline } = this.#context;
    const { reply } = await requests.ask(type, request, newDeadline(options), NOTHING, loss);
    return reply;
  }

  /** One deadline for several requests: all pages of a list have it together. */
  together(
    options: WaitOptions | undefined,
  ): <Type extends Reply['type']>(
    type: Type,
    request: (id: number) => Unsent<Request>,
  ) => Promise<Extract<Reply, { type: Type }>> {
    const { requests, newDeadline } = this.#context;
    const deadline = newDeadline(options);
    return async (type, request) => (await requests.ask(type, request, deadline)).reply;
  }
}
