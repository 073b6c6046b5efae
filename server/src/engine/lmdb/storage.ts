import type { ReadTables, WriteTables } from './tables.ts';

/** What is known of a transaction that failed. */
export type Outcome =
  /** Nothing of it is on the disk, nor ever will be. */
  | 'nothing written'
  /** It may be there, now or after a crash. Nothing more can be read or written before another start. */
  | 'unknown';

/** A transaction that failed. */
export class WriteFailure extends Error {
  override readonly name = 'WriteFailure';
  readonly outcome: Outcome;
  /** The disk has no room for it. */
  readonly isFull: boolean;

  constructor(outcome: Outcome, isFull: boolean, reason: string) {
    super(reason);
    this.outcome = outcome;
    this.isFull = isFull;
  }
}

/**
 * What the engine needs of what stores its tables: LMDB, or a model of it.
 *
 * One transaction at a time. What a transaction wrote is durable once it resolves (S1), and is seen by
 * those who read `tables` only after `show`: nobody reads a commit that the feed does not have yet.
 */
export interface Storage {
  readonly tables: ReadTables;

  /**
   * Runs `work` inside a transaction, over what the one before left, and makes it durable. Rejects with
   * a `WriteFailure`, or with what `work` threw; then nothing of it is there. `work` may take several
   * turns of the event loop, between which others read.
   */
  transaction<Result>(work: (tables: WriteTables) => Result | Promise<Result>): Promise<Result>;

  /** From now on `tables` show what was written so far. */
  show(): void;

  /** Bytes inside of the store's file that hold nothing and will be used first. */
  freeBytes(): number;

  close(): Promise<void>;
}
