import {
  type Change,
  type Clear,
  isShownIn,
  isWithin,
  subtreesOf,
  type WatchCommit,
} from '@confer/shared';
import type { EngineChange, EngineCommit } from '../store/store.ts';
import { COMMIT_OVERHEAD_BYTES, changeSize } from './frames.ts';

/** What decides how a watch is told of commits. */
export interface ProjectionOptions {
  readonly subtree: string;
  /** They are told what each change replaced. */
  readonly withPrev: boolean;
  /** Its readers have the state before each commit: a clear says enough. */
  readonly takesClears: boolean;
}

interface Cleared {
  /** Where the first of its deletes stands among the changes. */
  readonly place: number;
  readonly clear: Omit<Clear, 'entries'>;
  entries: number;
}

/**
 * What one watch is told of one commit: its changes in the subtree, where the deletes of a subtree
 * that the commit removed as a whole are one line, however many there are.
 */
export class CommitProjection {
  readonly commit: EngineCommit;
  readonly #withPrev: boolean;
  readonly #changes: (Change | Clear)[] = [];
  readonly #subtrees: ReadonlySet<string> | undefined;
  readonly #cleared = new Map<string, Cleared>();
  #bytes = COMMIT_OVERHEAD_BYTES;

  /** All that a commit did in a subtree; not whole once it takes more than `bytesMax`. */
  static of(
    commit: EngineCommit,
    options: ProjectionOptions,
    bytesMax = Number.POSITIVE_INFINITY,
  ): CommitProjection {
    const telling = new CommitProjection(commit, options);
    for (const change of commit.changes) {
      if (telling.bytes > bytesMax) break;
      if (isShownIn(change.path, options.subtree)) telling.add(change);
    }
    return telling;
  }

  constructor(commit: EngineCommit, { subtree, withPrev, takesClears }: ProjectionOptions) {
    this.commit = commit;
    this.#withPrev = withPrev;
    const { cleared } = commit;
    if (cleared === undefined || !takesClears) return;
    // A subtree inside of one that was removed was removed as a whole as well.
    this.#subtrees = new Set(
      cleared.some((outer) => isWithin(subtree, outer)) ? [subtree] : cleared,
    );
  }

  /** About how many bytes of frames it will take. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Takes the changes of the subtree, in the order of the tree. Throws where the watch is to be told what a change
   * replaced and that cannot be read: `compacted`, where it is gone with history.
   */
  add(change: EngineChange): void {
    const subtree = change.type === 'delete' ? this.#clearedAbove(change.path) : undefined;
    if (subtree === undefined || change.type !== 'delete') {
      this.#push(this.#withPrev ? changeWithPrev(change) : change);
      return;
    }
    const known = this.#cleared.get(subtree);
    if (known !== undefined) {
      known.entries++;
      return;
    }
    const clear = { type: 'clear', path: subtree, cause: change.cause } as const;
    this.#cleared.set(subtree, { place: this.#changes.length, clear, entries: 1 });
    this.#push(change);
  }

  #push(change: Change): void {
    this.#changes.push(change);
    this.#bytes += changeSize(change);
  }

  /** `undefined` where the commit did not touch the subtree. */
  project(): WatchCommit | undefined {
    if (this.#changes.length === 0) return undefined;
    // safeguard: clear-names-its-subtree
    for (const { place, clear, entries } of this.#cleared.values())
      if (entries > 1) this.#changes[place] = { ...clear, entries };
    const { revision, time, actor, note } = this.commit;
    const about = note === undefined ? { revision, time, actor } : { revision, time, actor, note };
    return { ...about, changes: this.#changes };
  }

  #clearedAbove(path: string): string | undefined {
    if (this.#subtrees === undefined) return undefined;
    for (const subtree of subtreesOf(path)) if (this.#subtrees.has(subtree)) return subtree;
    return undefined;
  }
}

function changeWithPrev({ before, ...change }: EngineChange): Change {
  return before === undefined ? change : { ...change, prev: before.entry() };
}
