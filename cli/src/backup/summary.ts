import { type Entry, ROOT, segmentsOf } from '@confer/shared';

/** What a backup has of one subtree. */
export interface SubtreeSummary {
  readonly path: string;
  readonly entries: number;
  /** Of paths and values, in UTF-16 code units. */
  readonly size: number;
}

/** The rest is counted together. */
const SUBTREES_MAX = 1_000;

/** Counts entries by the first segment of their paths. */
export class Summary {
  readonly #bySubtree = new Map<string, { entries: number; size: number }>();
  entries = 0;
  size = 0;
  /** Revision of the newest entry. */
  newest = 0;
  /** Entries that live as long as a lease. */
  leased = 0;

  add({ path, value, modRevision, lease }: Entry): void {
    const size = path.length + value.length;
    this.entries++;
    this.size += size;
    this.newest = Math.max(this.newest, modRevision);
    if (lease !== undefined) this.leased++;
    const subtree = this.#subtreeOf(`/${segmentsOf(path)[0] ?? ''}`);
    subtree.entries++;
    subtree.size += size;
  }

  get subtrees(): readonly SubtreeSummary[] {
    return [...this.#bySubtree].map(([path, counts]) => ({ path, ...counts }));
  }

  #subtreeOf(top: string) {
    const path = this.#bySubtree.has(top) || this.#bySubtree.size < SUBTREES_MAX ? top : ROOT;
    const found = this.#bySubtree.get(path) ?? { entries: 0, size: 0 };
    this.#bySubtree.set(path, found);
    return found;
  }
}
