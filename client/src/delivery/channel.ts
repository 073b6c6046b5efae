import type { Change } from '@confer/shared';

/** What may wait for a slow reader, in changes of a mirror or commits, and in characters. */
export const QUEUE_LENGTH_MAX = 1_000;
export const QUEUE_CHARS_MAX = 16 * 1024 * 1024;

/** What a change takes beside its text, and so does the list that it is in. */
const CHANGE_CHARS = 200;

/** About what the changes take in memory. */
export function charsOf({ changes }: { readonly changes: readonly Change[] }): number {
  let chars = CHANGE_CHARS;
  for (const change of changes) {
    chars += CHANGE_CHARS + change.path.length + (change.prev?.value.length ?? 0);
    if (change.type === 'put') chars += change.entry.value.length;
  }
  return chars;
}

type Pending<Item> = {
  resolve(result: IteratorResult<Item, undefined>): void;
  reject(error: unknown): void;
};

export interface ChannelOptions<Item> {
  /** Called when an item has been handed out. */
  readonly onTaken?: (item: Item) => void;
  /** Called once, when its reader leaves or its signal says so; not if it had said so before. */
  readonly onLeft: () => void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * An async iterator that is pushed to: a queue from one producer to its reader. Backpressure is the
 * producer's matter, who sees what waits.
 */
export class Channel<Item> implements AsyncIterableIterator<Item> {
  readonly #options: ChannelOptions<Item>;
  readonly #readers: Pending<Item>[] = [];
  #items: Item[] = [];
  #end: { readonly error?: unknown } | undefined;
  readonly #abort = () => this.#leave();

  constructor(options: ChannelOptions<Item>) {
    this.#options = options;
    if (options.signal?.aborted === true) this.#end = {};
    else options.signal?.addEventListener('abort', this.#abort);
  }

  get waiting(): readonly Item[] {
    return this.#items;
  }

  push(item: Item): void {
    if (this.#end !== undefined) return;
    const reader = this.#readers.shift();
    if (reader === undefined) this.#items.push(item);
    else {
      reader.resolve({ done: false, value: item });
      this.#options.onTaken?.(item);
    }
  }

  /** Puts `item`, or nothing, in the place of all that wait. */
  replaceWaiting(item: Item | undefined): void {
    this.#items = item === undefined ? [] : [item];
  }

  /** Nothing comes after what waits; where there is an error, it is thrown then, once. */
  end(error?: unknown): void {
    if (this.#end !== undefined) return;
    this.#end = error === undefined ? {} : { error };
    this.#options.signal?.removeEventListener('abort', this.#abort);
    for (const reader of this.#readers.splice(0)) this.#finish(reader);
  }

  next(): Promise<IteratorResult<Item, undefined>> {
    return new Promise((resolve, reject) => {
      const item = this.#items.shift();
      if (item !== undefined) {
        resolve({ done: false, value: item });
        this.#options.onTaken?.(item);
      } else if (this.#end !== undefined) this.#finish({ resolve, reject });
      else this.#readers.push({ resolve, reject });
    });
  }

  return(): Promise<IteratorResult<Item, undefined>> {
    this.#leave();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #leave(): void {
    const isFirst = this.#end === undefined;
    this.#items = [];
    this.end();
    if (isFirst) this.#options.onLeft();
  }

  #finish(reader: Pending<Item>): void {
    const error = this.#end?.error;
    this.#end = {};
    if (error === undefined) reader.resolve({ done: true, value: undefined });
    else reader.reject(error);
  }
}
