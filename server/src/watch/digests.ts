import { Digest, isShownIn } from '@confer/shared';
import { RowBudget } from '../row-budget.ts';
import type { EngineChange, Store } from '../store/store.ts';
import { SubtreeMap } from './subtree-map.ts';
import { unlessCompacted } from './unless-compacted.ts';

/** Subtrees whose digest is kept up: some 300 bytes each. */
const SUBTREES_MAX = 20_000;
/** Entries that one step of a walk looks at: about a millisecond. */
const STEP_ENTRIES = 1_000;
/** Commits that may have come since a walk of somebody else's, for it to be of use. */
const COMMITS_SINCE_MAX = 1_000;

/** What a subtree holds at a revision. */
export interface Checksum {
  readonly entries: number;
  readonly digest: Digest;
}

/**
 * Known: at the hub's revision. Walking: what was looked at is of `at`, and `tally` has what changed
 * since.
 */
type Tally = { entries: number; readonly digest: Digest } & (
  | { readonly kind: 'known' }
  | { readonly kind: 'walking'; readonly at: number; after: string | undefined }
);

/**
 * The digests of the subtrees that somebody watches or watched lately (W7). Each is made by one walk,
 * in steps, and from then on kept up with every change: so a client that comes back to a subtree of
 * 100,000 entries is given its digest for nothing.
 */
export class Digests {
  readonly #store: Store;
  readonly #subtreesMax: number;
  /** In order of use, oldest first. */
  readonly #tallies = new Map<string, Tally>();
  /** The same, to be found by the paths that they hold. */
  readonly #holding = new SubtreeMap<Tally>();

  constructor(store: Store, subtreesMax = SUBTREES_MAX) {
    this.#store = store;
    this.#subtreesMax = subtreesMax;
  }

  /** Lets go of all: so much changed at once that it is cheaper to find out anew, a step at a time. */
  clear(): void {
    for (const subtree of this.#tallies.keys()) this.#holding.delete(subtree);
    this.#tallies.clear();
  }

  /** Takes a change in each of the subtrees that hold its path. To be called for all, in order. */
  account(change: EngineChange): void {
    let difference: Checksum | undefined;
    this.#holding.visit(change.path, (tally) => {
      difference ??= differenceOf(change);
      add(tally, difference);
    });
  }

  /**
   * One bounded step towards the digest of a subtree: the proof when it is known, else `undefined`,
   * and another step leads further.
   */
  prove(subtree: string): Checksum | undefined {
    const tally = this.#tallies.get(subtree) ?? this.#begin();
    this.#keep(subtree, tally);
    if (tally.kind === 'known') return tally;
    const end = unlessCompacted(() => this.#walk(subtree, tally));
    if (end === 'more') return undefined;
    this.#keep(subtree, end === 'compacted' ? this.#begin() : { ...tally, kind: 'known' });
    return end === 'compacted' ? undefined : tally;
  }

  /** Somebody walked the whole subtree at a revision. */
  learn(subtree: string, revision: number, { entries, digest }: Checksum): void {
    if (this.#tallies.get(subtree)?.kind === 'known') return;
    const tally: Tally = { kind: 'known', entries, digest: new Digest() };
    tally.digest.merge(digest);
    const since = unlessCompacted(() => this.#changesSince(subtree, revision));
    if (since === 'compacted' || since === undefined) return;
    // safeguard: digest-has-what-came-since-its-walk
    add(tally, since);
    this.#keep(subtree, tally);
  }

  #begin(): Tally {
    const at = this.#store.revision;
    return { kind: 'walking', at, after: undefined, entries: 0, digest: new Digest() };
  }

  #walk(subtree: string, tally: Tally & { kind: 'walking' }): 'more' | 'end' {
    // One more than are wanted: where the last is not spent, there is no more.
    const budget = new RowBudget(STEP_ENTRIES + 1);
    const { at, after } = tally;
    for (const { path, modRevision } of this.#store.scanTexts(subtree, at, after, budget)) {
      tally.entries++;
      tally.digest.add(path, modRevision);
    }
    tally.after = budget.stoppedAfter;
    return tally.after === undefined ? 'end' : 'more';
  }

  /** `undefined` where that is more work than it is worth. */
  #changesSince(subtree: string, revision: number): Checksum | undefined {
    if (this.#store.revision - revision > COMMITS_SINCE_MAX) return undefined;
    const sum = { entries: 0, digest: new Digest() };
    for (const { changes } of this.#store.since(revision))
      for (const change of changes)
        if (isShownIn(change.path, subtree)) add(sum, differenceOf(change));
    return sum;
  }

  #keep(subtree: string, tally: Tally): void {
    this.#tallies.delete(subtree);
    this.#tallies.set(subtree, tally);
    this.#holding.set(subtree, tally);
    for (const oldest of this.#tallies.keys()) {
      if (this.#tallies.size <= this.#subtreesMax) return;
      this.#tallies.delete(oldest);
      this.#holding.delete(oldest);
    }
  }
}

function add(tally: { entries: number; readonly digest: Digest }, difference: Checksum): void {
  tally.entries += difference.entries;
  tally.digest.merge(difference.digest);
}

/** What a change adds to each subtree that holds its path. */
function differenceOf(change: EngineChange): Checksum {
  const digest = new Digest();
  const { path, replaced } = change;
  if (replaced > 0) digest.remove(path, replaced);
  if (change.type === 'put') digest.add(path, change.entry.modRevision);
  const before = replaced > 0 ? 1 : 0;
  return { entries: (change.type === 'put' ? 1 : 0) - before, digest };
}
