import type { Reply, Request, Unsent, Welcome } from '@confer/shared';
import type { WaitOptions } from '../api.ts';
import { ConferError } from '../errors.ts';
import type { ClientContext } from '../watch/context.ts';

type Answered<Type extends Reply['type']> = Extract<Reply, { type: Type }>;

/** Asks for page after page of one history: each has a deadline of its own, as nobody knows how many there are. */
export class PastReader {
  readonly #context: Pick<ClientContext, 'requests' | 'newDeadline'>;
  readonly #options: WaitOptions;
  #welcome: Welcome | undefined;

  constructor(context: Pick<ClientContext, 'requests' | 'newDeadline'>, options: WaitOptions) {
    this.#context = context;
    this.#options = options;
  }

  /** @throws {ConferError} `compacted` where the server has another history than on the page before. */
  async ask<Type extends Reply['type']>(
    type: Type,
    request: (id: number) => Unsent<Request>,
  ): Promise<Answered<Type>> {
    const { requests, newDeadline } = this.#context;
    const { reply, welcome } = await requests.ask(type, request, newDeadline(this.#options));
    this.#welcome ??= welcome;
    // A restart begins a timeline, and goes on with the same revisions.
    if (this.#welcome.epoch !== welcome.epoch)
      throw new ConferError('compacted', 'the server has another history since a moment ago');
    return reply;
  }
}

/** @throws {ConferError} `bad_message`: pages have to lead somewhere. */
export function requireProgress(isFurther: boolean): void {
  if (!isFurther)
    throw new ConferError('bad_message', 'the pages that the server answers with do not end');
}
