import type { Clock, Timer } from '@confer/shared';

/** Who restarts comes back for it within seconds; a minute later it is only memory. */
const UNUSED_MS = 60_000;

interface Item<Value> {
  readonly value: Value;
  readonly bytes: number;
  usedAt: number;
}

/**
 * What was made for one watch and may serve the next one: bounded in bytes, the least used goes first, and
 * so does what nobody asked for in a while. What was let go is made again for the slow one who comes for it.
 */
export class PageCache<Value> {
  readonly #bytesMax: number;
  readonly #clock: Clock;
  /** In order of use, oldest first. */
  readonly #items = new Map<string, Item<Value>>();
  #bytes = 0;
  /** There while there are items. */
  #sweep: Timer | undefined;

  constructor(bytesMax: number, clock: Clock) {
    this.#bytesMax = bytesMax;
    this.#clock = clock;
  }

  /** `bytesOf` says about what a value takes. What `make` throws is not kept. */
  get(key: string, make: () => Value, bytesOf: (value: Value) => number): Value {
    const known = this.#items.get(key);
    if (known !== undefined) {
      this.#items.delete(key);
      this.#items.set(key, known);
      known.usedAt = this.#clock.now();
      return known.value;
    }
    const value = make();
    const bytes = key.length + bytesOf(value);
    this.#items.set(key, { value, bytes, usedAt: this.#clock.now() });
    this.#bytes += bytes;
    this.#dropWhile(() => this.#bytes > this.#bytesMax);
    this.#sweepLater();
    return value;
  }

  /** Lets go of everything. */
  clear(): void {
    this.#dropWhile(() => true);
    this.#sweep?.cancel();
    this.#sweep = undefined;
  }

  #sweepLater(): void {
    if (this.#items.size === 0) return;
    this.#sweep ??= this.#clock.setTimer(UNUSED_MS, () => {
      this.#sweep = undefined;
      const before = this.#clock.now() - UNUSED_MS;
      this.#dropWhile(({ usedAt }) => usedAt <= before);
      this.#sweepLater();
    });
  }

  /** The least used first. */
  #dropWhile(isToGo: (item: Item<Value>) => boolean): void {
    for (const [key, item] of this.#items) {
      if (!isToGo(item)) return;
      this.#items.delete(key);
      this.#bytes -= item.bytes;
    }
  }
}
