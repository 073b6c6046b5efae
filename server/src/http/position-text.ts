import type { Position } from '@confer/shared';

/** A position as a header has it: `EPOCH.REVISION`, and its timeline behind that where it has one. */
export function positionText({ epoch, revision, timeline }: Position): string {
  return timeline === undefined ? `${epoch}.${revision}` : `${epoch}.${revision}.${timeline}`;
}
