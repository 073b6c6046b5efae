import { comparePaths, isWithin } from '@confer/shared';

export function inTreeOrder<Item extends { readonly path: string }>(items: Iterable<Item>): Item[] {
  return [...items].sort((a, b) => comparePaths(a.path, b.path));
}

/** A sorted array of paths in the order of the tree, where a subtree is one unbroken range. */
export class TreeOrder {
  readonly #paths: string[];

  constructor(paths: Iterable<string>) {
    // What came in a snapshot is in order already, which costs one comparison each.
    this.#paths = [...paths].sort(comparePaths);
  }

  /** `path` must not be in it. */
  add(path: string): void {
    this.#paths.splice(this.#placeOf(path), 0, path);
  }

  /** `path` must be in it. */
  remove(path: string): void {
    this.#paths.splice(this.#placeOf(path), 1);
  }

  within(subtree: string): readonly string[] {
    const start = this.#placeOf(subtree);
    let end = start;
    for (let path = this.#paths[end]; path !== undefined && isWithin(path, subtree); )
      path = this.#paths[++end];
    return this.#paths.slice(start, end);
  }

  /** Where `path` is or would be. */
  #placeOf(path: string): number {
    let low = 0;
    let high = this.#paths.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (comparePaths(this.#paths[middle] ?? '', path) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
