import { type Entry, isWithin } from '@confer/shared';
import type { SharedMirrors } from './shared-mirrors.ts';

/** What a hook reads and how it learns of changes: an external store, as React calls it. */
export interface Store<Value> {
  readonly subscribe: (callback: () => void) => () => void;
  readonly read: () => Value;
  /** What a server renders, and a page until it has taken over what a server rendered. */
  readonly readFirst: () => Value;
}

/** What the components below one provider read: a mirror once it is complete, and the bootstrap until then. */
export class Reader {
  readonly mirrors: SharedMirrors | undefined;
  readonly #subtree: string | undefined;
  readonly #bootstrap: ReadonlyMap<string, Entry>;

  constructor(
    mirrors: SharedMirrors | undefined,
    subtree: string | undefined,
    bootstrap: readonly Entry[],
  ) {
    this.mirrors = mirrors;
    this.#subtree = subtree;
    this.#bootstrap = new Map(bootstrap.map((entry) => [entry.path, entry]));
  }

  /** The value at a path: a change elsewhere leaves it the same. */
  valueAt(path: string): Store<string | undefined> {
    const subtree = this.#subtreeOf(path, folderOf(path));
    const readFirst = () => this.#bootstrap.get(path)?.value;
    return {
      subscribe: (callback) => this.#use(subtree, callback),
      read: () => {
        const mirror = this.mirrors?.complete(subtree);
        return mirror ? mirror.value(path) : readFirst();
      },
      readFirst,
    };
  }

  /** The entries at and below a path: the same array until one of them changes, comes or goes. */
  entriesAt(path: string): Store<readonly Entry[]> {
    const subtree = this.#subtreeOf(path, path);
    const first = Object.freeze(
      [...this.#bootstrap.values()].filter((entry) => isWithin(entry.path, path)),
    );
    let last: readonly Entry[] = first;
    return {
      subscribe: (callback) => this.#use(subtree, callback),
      read: () => {
        const next = this.mirrors?.complete(subtree)?.list(path) ?? first;
        if (!isSameList(last, next)) last = next;
        return last;
      },
      readFirst: () => first,
    };
  }

  /** All below the subtree of the provider comes from one mirror, so that a commit shows as a whole (W4). */
  #subtreeOf(path: string, otherwise: string): string {
    return this.#subtree !== undefined && isWithin(path, this.#subtree) ? this.#subtree : otherwise;
  }

  #use(subtree: string, callback: () => void): () => void {
    return this.mirrors?.use(subtree, callback) ?? (() => {});
  }
}

/** What lies beside a value is likely to be used with it. Of all that there is nobody needs a mirror. */
function folderOf(path: string): string {
  const end = path.lastIndexOf('/');
  return end > 0 ? path.slice(0, end) : path;
}

/** Entries are frozen and keep their identity until they change. */
function isSameList(one: readonly Entry[], other: readonly Entry[]): boolean {
  return one.length === other.length && one.every((entry, i) => entry === other[i]);
}
