/**
 * What was made for one watch and may serve the next one: bounded in bytes, the least used goes first.
 * What was let go is made again for the slow one who comes for it.
 */
export class Kept<Value> {
  readonly #bytesMax: number;
  /** In order of use, oldest first. */
  readonly #items = new Map<string, { readonly value: Value; readonly bytes: number }>();
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** `bytesOf` says about what a value takes. What `make` throws is not kept. */
  get(key: string, make: () => Value, bytesOf: (value: Value) => number): Value {
    const known = this.#items.get(key);
    if (known !== undefined) {
      this.#items.delete(key);
      this.#items.set(key, known);
      return known.value;
    }
    const value = make();
    const bytes = key.length + bytesOf(value);
    this.#items.set(key, { value, bytes });
    this.#bytes += bytes;
    for (const [oldest, item] of this.#items) {
      if (this.#bytes <= this.#bytesMax) break;
      this.#items.delete(oldest);
      this.#bytes -= item.bytes;
    }
    return value;
  }
}
