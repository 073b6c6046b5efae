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

/** What is known of a transaction before it begins. */
export interface WriteHint {
  /** Those that may each take a page: rows that follow each other share theirs. */
  readonly rows: number;
  /** Of their texts. */
  readonly bytes: number;
  /** The same rows lie over the tables for all who read: it does no harm where these are seen too early. */
  readonly isOverlaid?: boolean;
}

/** What is wrong with a storage. */
export interface StorageFailure {
  readonly reason: string;
  /** Nothing more can be written, nor surely be read, before another start. */
  readonly isFinal: boolean;
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
   * turns of the event loop, between which others read. `hint`: what it writes at most, where that is more
   * than some rows.
   */
  transaction<Result>(
    work: (tables: WriteTables) => Result | Promise<Result>,
    hint?: WriteHint,
  ): Promise<Result>;

  /** From now on `tables` show what was written so far. */
  show(): void;

  /** What is wrong with it, beside what those were told who wrote. */
  readonly failure: StorageFailure | undefined;

  /** Tries again what failed in the background. To be called now and then. */
  tend(): void;

  /** Bytes inside of the store's file that hold nothing and will be used first. */
  freeBytes(): number;

  close(): Promise<void>;
}
