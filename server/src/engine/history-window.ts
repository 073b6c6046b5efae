import { ProtocolError } from '@confer/shared';

/** The revisions that an engine can still speak of. */
export interface HistoryWindow {
  readonly revision: number;
  readonly compactedRevision: number;
}

/** Refuses a revision that was compacted or has not happened yet. */
export function requireInWindow(revision: number, window: HistoryWindow): void {
  requireHappened(revision, window);
  requireNotCompacted(revision, window);
}

/** Refuses a revision that was compacted. */
export function requireNotCompacted(
  revision: number,
  { compactedRevision }: Pick<HistoryWindow, 'compactedRevision'>,
): void {
  if (revision < compactedRevision)
    throw new ProtocolError(
      'compacted',
      `history begins after revision ${compactedRevision}; ${revision} is gone`,
      { compactedRevision },
    );
}

/** Refuses a revision that has not happened yet. */
export function requireHappened(revision: number, window: HistoryWindow): void {
  if (revision > window.revision)
    throw new ProtocolError(
      'future_revision',
      `revision ${revision} has not happened; the newest is ${window.revision}`,
    );
}
