import type { Clock, Timer } from '@confer/shared';
import { LRUCache } from 'lru-cache';

/** Who restarts comes back for it within seconds; a minute later it is only memory. */
const UNUSED_MS = 60_000;

/**
 * An LRU of what was made for one watch and may serve the next one: bounded in bytes, and what nobody asked
 * for in a while goes as well. What was let go is made again for the slow one who comes for it.
 */
export class PageCache<Value extends object | string> {
  readonly #clock: Clock;
  readonly #items: LRUCache<string, Value>;
  /** There while there are items. */
  #sweep: Timer | undefined;

  constructor(bytesMax: number, clock: Clock) {
    this.#clock = clock;
    this.#items = new LRUCache({
      maxSize: bytesMax,
      ttl: UNUSED_MS,
      updateAgeOnGet: true,
      // Without it the library asks the clock once, and then a timer of its own when that is old.
      ttlResolution: 0,
      perf: clock,
    });
  }

  /** `bytesOf` says about what a value takes. What `make` throws is not kept. */
  get(key: string, make: () => Value, bytesOf: (value: Value) => number): Value {
    const known = this.#items.get(key);
    if (known !== undefined) return known;
    const value = make();
    this.#items.set(key, value, { size: key.length + bytesOf(value) });
    this.#sweepLater();
    return value;
  }

  /** Lets go of everything. */
  clear(): void {
    this.#items.clear();
    this.#sweep?.cancel();
    this.#sweep = undefined;
  }

  #sweepLater(): void {
    if (this.#items.size === 0) return;
    this.#sweep ??= this.#clock.setTimer(UNUSED_MS, () => {
      this.#sweep = undefined;
      this.#items.purgeStale();
      this.#sweepLater();
    });
  }
}
