import { CompactedError } from '../errors.ts';
import type { PastReading } from './api.ts';

/** How far back a page was read, and could have been. */
export interface Window {
  readonly revision: number;
  readonly compactedRevision: number;
  readonly keptSince?: number;
}

/**
 * What is read page by page. A compaction may come between two pages: then it ends where history begins now, as if that
 * had been so from the beginning.
 */
export class Reading<Item> implements PastReading<Item> {
  readonly #items: AsyncGenerator<Item, void, void>;
  #window: Window | undefined;

  constructor(read: (onPage: (window: Window) => void) => AsyncGenerator<Item, void, void>) {
    this.#items = read((window) => {
      const { revision } = this.#window ?? window;
      const { compactedRevision, keptSince } = window;
      this.#window = {
        ...{ revision, compactedRevision },
        ...(keptSince === undefined ? {} : { keptSince }),
      };
    });
  }

  get revision(): number | undefined {
    return this.#window?.revision;
  }

  get compactedRevision(): number | undefined {
    return this.#window?.compactedRevision;
  }

  get keptSince(): number | undefined {
    return this.#window?.keptSince;
  }

  async next(): Promise<IteratorResult<Item, undefined>> {
    try {
      const { done, value } = await this.#items.next();
      return done === true ? { done, value: undefined } : { done: false, value };
    } catch (error) {
      if (!(error instanceof CompactedError) || this.#window === undefined) throw error;
      const { revision } = this.#window;
      this.#window = { revision, compactedRevision: error.compactedRevision };
      return { done: true, value: undefined };
    }
  }

  async return(): Promise<IteratorResult<Item, undefined>> {
    await this.#items.return();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
