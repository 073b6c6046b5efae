import { assert } from '@confer/shared';
import type { EngineFeed, FeedConsumer, FeedEvent } from './engine.ts';

/** The one feed of an engine: whoever wrote, what happened comes out here, in revision order. */
export class Feed implements EngineFeed {
  #consumer: FeedConsumer | undefined;

  consume(consumer: FeedConsumer): void {
    assert(this.#consumer === undefined, 'an engine has one feed');
    this.#consumer = consumer;
  }

  tell(event: FeedEvent): void {
    this.#consumer?.(event);
  }
}
