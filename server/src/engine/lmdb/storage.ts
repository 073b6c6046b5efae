import type { Tables } from './layout.ts';

/** Tables that are written all or nothing. */
export interface Storage {
  readonly tables: Tables;
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

/** How far the commits are that were judged, or that are shown. */
export interface Progress {
  readonly revision: number;
  readonly entryCount: number;
}
