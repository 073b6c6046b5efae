import type { DeleteCause, Entry } from '@confer/shared';
import type { CommitResult, WaitOptions } from '../api.ts';

/** Who made a commit, when, and why. */
export interface CommitAbout {
  readonly revision: number;
  /** In ms since the Unix epoch. */
  readonly time: number;
  readonly actor: string;
  readonly note?: string;
}

/** What a commit made of a path. */
export type Version = CommitAbout &
  (
    | { readonly type: 'put'; readonly entry: Entry }
    | { readonly type: 'delete'; readonly cause: DeleteCause }
  );

/** A change of a commit; `entry` and `prev` where values were asked for, and there are any. */
export type LoggedChange =
  | {
      readonly type: 'put';
      readonly path: string;
      /** There was nothing before. */
      readonly created: boolean;
      readonly entry?: Entry;
      readonly prev?: Entry;
    }
  | {
      readonly type: 'delete';
      readonly path: string;
      readonly cause: DeleteCause;
      readonly prev?: Entry;
    };

/** A commit as far as it lies in a subtree. */
export interface LoggedCommit extends CommitAbout {
  readonly changes: readonly LoggedChange[];
}

/** What differs at a path: `before` and `after` are what it held, if anything. */
export interface Difference {
  readonly path: string;
  readonly before?: Entry;
  readonly after?: Entry;
}

/** Read page by page, as it is asked for. `timeoutMs` is for each page. */
export interface PastOptions extends WaitOptions {
  /** From this revision back. Default: from now. */
  readonly at?: number;
}

export interface LogOptions extends PastOptions {
  /** Changes with what they put, and what was there before. */
  readonly values?: boolean;
}

/** What is read of the past, the newest first. To be gone through once. */
export interface PastReading<Item> extends AsyncIterableIterator<Item> {
  /** The revision that it was read at; `undefined` before the first item. */
  readonly revision: number | undefined;
  /** Where the history of the server begins: nothing is known of what was before. */
  readonly compactedRevision: number | undefined;
  /**
   * When the oldest commit was made that the server has, of whatever path: what did not change in this reading is since
   * then as it was at `compactedRevision`. `undefined` where that is not known.
   */
  readonly keptSince: number | undefined;
  return(): Promise<IteratorResult<Item>>;
}

/** The entries of a subtree at one revision, in the order of the tree, page by page. */
export interface EntriesOptions extends WaitOptions {
  /** Default: now. */
  readonly at?: number;
}

/** What is to be taken back. */
export type RevertTarget =
  /** What one commit did, at and below `path` (default: everywhere). */
  | { readonly commit: number; readonly path?: string }
  /** All that happened to a subtree after a revision. */
  | { readonly to: number; readonly path: string };

/** One change that a revert makes, planned against `prev`. */
export type RevertStep =
  | { readonly kind: 'add'; readonly path: string; readonly value: string }
  | { readonly kind: 'change'; readonly path: string; readonly value: string; readonly prev: Entry }
  | { readonly kind: 'remove'; readonly path: string; readonly prev: Entry };

/** A path that was changed again after the commit that is to be reverted. */
export interface LaterChange extends CommitAbout {
  readonly path: string;
}

export interface RevertPlan {
  /** In the order of the tree. None: everything is as it was already. */
  readonly steps: readonly RevertStep[];
  /** What the steps would overwrite: changes that are newer than the commit. None where a subtree goes back to a revision. */
  readonly later: readonly LaterChange[];
  /** Paths that are as they were already. */
  readonly unchanged: number;
  /** Paths that are left alone because what they hold, or held, goes with a lease. */
  readonly leased: number;
  /** What it reverts, as the note of its commit says it. */
  readonly note: string;
}

export interface RevertOptions extends WaitOptions {
  /** Overwrites changes that are newer than the commit. */
  readonly force?: boolean;
  /** Why, after what is reverted. */
  readonly note?: string;
}

/** The past of what a server holds: read from it, and gone back to. Everything needs the rights that reading now needs. */
export interface History {
  /** What a path was, from the newest version to the oldest that is known. */
  versions(path: string, options?: PastOptions): PastReading<Version>;
  /** The commits that touched a subtree, each with its changes there. */
  log(path: string, options?: LogOptions): PastReading<LoggedCommit>;
  /** The entries of a subtree at one revision, however many: a page at a time is in memory. */
  entries(path: string, options?: EntriesOptions): AsyncIterableIterator<Entry>;
  /** Where the values of a subtree differ between two revisions. `to` is now, where it is missing. */
  difference(
    path: string,
    revisions: { readonly from: number; readonly to?: number },
    options?: WaitOptions,
  ): AsyncIterableIterator<Difference>;
  /**
   * What it takes to take something back.
   * @throws {ConferError} `compacted` where history does not reach back, `future_revision`, and `invalid_argument`
   * where the commit changed nothing at or below the path.
   */
  planRevert(target: RevertTarget, options?: WaitOptions): Promise<RevertPlan>;
  /**
   * Makes a plan as one commit, which holds only against what the plan was made from.
   * @throws {ConflictError} where somebody else wrote since, or the plan overwrites newer changes and `force` is missing.
   */
  revert(plan: RevertPlan, options?: RevertOptions): Promise<CommitResult>;
}
