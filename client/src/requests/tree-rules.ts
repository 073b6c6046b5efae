import {
  comparePaths,
  type Entry,
  isShownIn,
  pathProblem,
  subtreeProblem,
  type WireChange,
} from '@confer/shared';

/** What an item takes beside its texts. */
const ITEM_CHARS = 200;

/**
 * Validates one list that a client is told of a subtree, over however many frames it comes: each path
 * once, in the order of the tree. Each method says what is wrong, for people, if something is.
 */
export class TreeRules {
  readonly #subtree: string;
  /** The path that came last; empty before the first. */
  #last: string;
  /** About what came so far takes in memory. */
  chars = 0;

  /** `after`: where a list goes on that began elsewhere. */
  constructor(subtree: string, after = '') {
    this.#subtree = subtree;
    this.#last = after;
  }

  /** One more frame or commit, which takes something of its own. */
  grow(): void {
    this.chars += ITEM_CHARS;
  }

  /** Another list, which is kept together with those before it. */
  again(): void {
    this.grow();
    this.#last = '';
  }

  /** An entry that was last written after `from`, up to and with `to`. */
  put(
    {
      path,
      value,
      createRevision,
      version,
    }: Omit<Entry, 'modRevision' | 'updatedAt' | 'updatedBy'>,
    modRevision: number,
    from: number,
    to: number,
  ): string | undefined {
    this.chars += value.length;
    if (modRevision <= from || modRevision > to)
      return `${path} of revision ${modRevision}, which is not between ${from} and ${to}`;
    if (createRevision > modRevision || version < 1)
      return `${path} written at ${modRevision}, created at ${createRevision}, in version ${version}`;
    return this.path(path);
  }

  change(change: WireChange, revision: number): string | undefined {
    const { path } = change;
    // Where a clear stands says nothing: its deletes lie before and after what follows it.
    if (change.type === 'clear') return this.#place(path, subtreeProblem(path));
    const { prev } = change;
    if (prev !== undefined) {
      this.chars += prev.value.length;
      if (prev.modRevision >= revision) return `${path} as it was before, of ${prev.modRevision}`;
    }
    return change.type === 'put' ? this.put(change, revision, 0, revision) : this.path(path);
  }

  /** `problemOf` judges the path by itself: as one of an entry, if nothing else is said. */
  path(path: string, problemOf = pathProblem): string | undefined {
    const last = this.#last;
    this.#last = path;
    const isNext = last === '' || comparePaths(last, path) < 0;
    return isNext ? this.#place(path, problemOf(path)) : `${path} after ${last}`;
  }

  #place(path: string, problem: string | undefined): string | undefined {
    this.chars += ITEM_CHARS + path.length;
    if (problem !== undefined) return problem;
    return isShownIn(path, this.#subtree) ? undefined : `${path}, which is elsewhere`;
  }
}
