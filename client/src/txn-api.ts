import type { Entry, EntryMeta, TxnOperation } from '@confer/shared';

/** Several operations of one branch of a transaction. */
export type TxnOperations = readonly TxnOperation[];

/** Fields are missing where they may not be read. */
export interface TxnPutResult {
  readonly type: 'put';
  readonly createRevision?: number;
  readonly version?: number;
}

export interface TxnDeleteResult {
  readonly type: 'delete';
  /** How many entries went. */
  readonly deletes?: number;
}

/** What the path held before the transaction. */
export interface TxnGetResult {
  readonly type: 'get';
  readonly entry: Entry | undefined;
}

/** What the subtree held before the transaction. */
export interface TxnListResult<Item extends EntryMeta = Entry> {
  readonly type: 'list';
  readonly entries: readonly Item[];
  readonly folders: readonly string[];
  /** There is more after this than `limit`. */
  readonly next?: string;
}

/** What came of an operation. */
export type TxnResultOf<Operation extends TxnOperation> = Operation extends { type: 'put' }
  ? TxnPutResult
  : Operation extends { type: 'delete' }
    ? TxnDeleteResult
    : Operation extends { type: 'get' }
      ? TxnGetResult
      : Operation extends { values: false }
        ? TxnListResult<EntryMeta>
        : TxnListResult;

/** What came of each operation of a branch, in its order. */
export type TxnResultsOf<Operations extends TxnOperations> = {
  readonly [Place in keyof Operations]: TxnResultOf<Operations[Place]>;
};

interface Branch<Succeeded extends boolean, Operations extends TxnOperations> {
  /** Whether all conditions held, so that `then` was done. */
  readonly succeeded: Succeeded;
  /** Of the commit; the newest one where there was nothing to change. */
  readonly revision: number;
  readonly results: TxnResultsOf<Operations>;
}

export type TxnOutcome<Then extends TxnOperations, Else extends TxnOperations> =
  | Branch<true, Then>
  | Branch<false, Else>;
