/** Compacted when so much of it was taken, so that taking one costs the same however long it is. */
const TAKEN_MAX = 1_024;

/** First in, first out. An array's own `shift` moves all of a long array each time. */
export class Queue<Item> {
  #items: (Item | undefined)[] = [];
  #taken = 0;

  get length(): number {
    return this.#items.length - this.#taken;
  }

  push(item: Item): void {
    this.#items.push(item);
  }

  /** Takes what came first; `undefined` when there is nothing. */
  shift(): Item | undefined {
    const item = this.#items[this.#taken];
    if (item === undefined) return undefined;
    // Let go of at once: it may be a frame of megabytes.
    this.#items[this.#taken] = undefined;
    this.#taken += 1;
    if (this.#taken >= TAKEN_MAX && this.#taken * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#taken);
      this.#taken = 0;
    }
    return item;
  }

  clear(): void {
    this.#items = [];
    this.#taken = 0;
  }

  *[Symbol.iterator](): Generator<Item> {
    for (const item of this.#items.slice(this.#taken)) if (item !== undefined) yield item;
  }
}
