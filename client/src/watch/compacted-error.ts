import { CompactedError } from '../errors.ts';
import type { WatchEffect } from './watch-state.ts';

/** What the reader of a watch is told whose position cannot be continued. */
export function compactedError(
  path: string,
  { compacted, position }: Extract<WatchEffect, { type: 'end' }>,
): CompactedError {
  const { reason, compactedRevision, epoch } = compacted;
  const missed = `changes below ${path} after revision ${position?.revision ?? 0} were missed`;
  const why =
    reason === 'epoch'
      ? `the server has another history (${epoch})`
      : `history reaches back to revision ${compactedRevision} only`;
  return new CompactedError(`${missed}: ${why}`, reason, compactedRevision);
}
