import { assert } from '@confer/shared';
import type { EngineFeed, FeedConsumer, FeedEvent } from './engine.ts';

/** The one feed of an engine: whoever wrote, what happened comes out here, in revision order. */
export class Feed implements EngineFeed {
  #consumer: FeedConsumer | undefined;
  /** How it ended, if it did before anybody listened. */
  #end: FeedEvent | undefined;

  consume(consumer: FeedConsumer): void {
    assert(this.#consumer === undefined, 'an engine has one feed');
    this.#consumer = consumer;
    if (this.#end !== undefined) consumer(this.#end);
  }

  tell(event: FeedEvent): void {
    if (event.kind === 'end') this.#end = event;
    this.#consumer?.(event);
  }
}
