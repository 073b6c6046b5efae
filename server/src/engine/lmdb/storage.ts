import type { StoredTables } from './layout.ts';
import type { LogRow } from './log.ts';

/** Tables that are written all or nothing, and before them a journal, which is written faster. */
export interface Storage {
  readonly tables: StoredTables;
  readonly journal: Journal;
  /**
   * Hands over, once, what the journal had when it was opened and the table of the log does not have, in
   * order: it may be all that fits into two files, and is not to be held by anybody else.
   */
  takeJournaled(): readonly LogRow[];
  /**
   * Stores what `queue` puts and removes, all or nothing, and resolves once it is on the disk; rejects
   * with a `ProtocolError` when it could not be stored. `queue` runs at once, reads nothing of what it
   * wrote, and must not throw: what it had queued before would be stored.
   */
  write(queue: () => void): Promise<void>;
  /** Runs something in a turn of its own, soon. */
  defer(run: () => void): void;
  close(): Promise<void>;
}

export interface Journal {
  /** No more is to be appended before `turn`. */
  readonly isFull: boolean;
  /**
   * Stores rows, all or none, and resolves once they are on the disk; rejects with a `ProtocolError`
   * when they could not be stored. One at a time.
   */
  append(rows: readonly LogRow[]): Promise<void>;
  /** Begins to write over what was appended before the last turn. */
  turn(): void;
}

/** How far the commits are that were judged, or that are shown. */
export interface Progress {
  readonly revision: number;
  readonly entryCount: number;
}
