import type { Position } from '@confer/shared';

/** Whose revisions can be compared with another's, as a position or a `welcome` names it. */
type HistoryName = Pick<Position, 'epoch' | 'timeline'>;

/**
 * Whether the same revision is the same state in both. In one epoch it need not be: a copy of the data
 * that was put back by hand goes on with other commits under the same numbers, on another timeline.
 * `false` is no proof of that: every start of a server begins a timeline.
 */
export function isComparable(a: HistoryName | undefined, b: HistoryName): a is HistoryName {
  return a?.epoch === b.epoch && a.timeline === b.timeline;
}
