import type { Commit, DeleteCause, Entry } from '@confer/shared';
import type { RowBudget } from '../row-budget.ts';

/** Who made a commit, when, and why. */
export type CommitHead = Omit<Commit, 'changes'>;

/** What a commit made of a path: an entry, or nothing. */
export type Version =
  | { readonly revision: number; readonly entry: Entry }
  | { readonly revision: number; readonly cause: DeleteCause };

export interface VersionsQuery {
  readonly path: string;
  /** The revision to read at: from `compactedRevision` to `revision`. */
  readonly at: number;
  /** Takes note of each row that is read, also on the way back to `at`. The reading goes on when it is spent. */
  readonly budget?: RowBudget;
}

/** A change without what it put and replaced. */
export type ChangeOutline =
  | { readonly type: 'put'; readonly path: string; readonly created: boolean }
  | { readonly type: 'delete'; readonly path: string; readonly cause: DeleteCause };

/** A commit as far as it lies in a subtree, read as far as it is asked for. */
export interface CommitOutline {
  readonly revision: number;
  /** Rows that were read to find it. */
  readonly looked: number;
  head(): CommitHead;
  /** In the order of the tree, without what is hidden in the subtree. May be none. */
  changes(): Iterable<ChangeOutline>;
}

export interface OutlinesQuery {
  readonly subtree: string;
  /** The newest commit to tell of: from `compactedRevision` to `revision`. */
  readonly at: number;
  /** Of the commit at `at`, only what comes after this path. */
  readonly after?: string;
}

/** What is read of the past, from the newest to the oldest. Iterations must end within the turn that began them. */
export interface PastReads {
  /**
   * What a path was at a revision, and before, lazily: down to what it was at `compactedRevision`, and a delete before
   * that as far as it is known. Nothing is looked at but that path. Throws `compacted` or `future_revision`.
   */
  versions(query: VersionsQuery): Iterable<Version>;

  /** Of a commit in history. */
  headOf(revision: number): CommitHead | undefined;

  /**
   * The commits up to a revision, lazily, also those that are of no change in the subtree: whoever reads decides how
   * far to look. Throws `compacted` or `future_revision`.
   */
  outlines(query: OutlinesQuery): Iterable<CommitOutline>;
}
