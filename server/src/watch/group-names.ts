import type { GroupOptions } from './group.ts';

/** Names that are remembered of watches that nobody has: a path and some 100 bytes each. */
const LEFT_MAX = 10_000;

/**
 * The names of distinct watches on the wire; none is ever given another meaning. Who comes to a
 * distinct watch that the last watcher has left gets its name again, and with it the pages that were
 * made for it: a single reader that comes back is then as cheap as one of many.
 */
export class GroupNames {
  readonly #leftMax: number;
  /** In the order of leaving, oldest first. */
  readonly #left = new Map<string, string>();
  #made = 0;

  constructor(leftMax = LEFT_MAX) {
    this.#leftMax = leftMax;
  }

  take(options: GroupOptions, isTaken: (name: string) => boolean): string {
    const key = keyOf(options);
    const left = this.#left.get(key);
    if (left === undefined || isTaken(left)) return `w${++this.#made}`;
    this.#left.delete(key);
    return left;
  }

  /** Nobody has the watch any more. */
  leave(options: GroupOptions & { readonly name: string }): void {
    const key = keyOf(options);
    this.#left.delete(key);
    this.#left.set(key, options.name);
    const [oldest] = this.#left.keys();
    if (this.#left.size > this.#leftMax && oldest !== undefined) this.#left.delete(oldest);
  }
}

/** No path has a line break. */
function keyOf({ subtree, withPrev, takesClears }: GroupOptions): string {
  return `${subtree}\n${withPrev} ${takesClears}`;
}
