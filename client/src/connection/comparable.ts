import type { Position } from '@confer/shared';

/** The name of a history, as a position or a `welcome` says it: within one, revisions can be compared. */
type HistoryName = Pick<Position, 'epoch' | 'timeline'>;

/**
 * Whether the same revision is the same state in both. In one epoch it need not be: a copy of the data
 * that was put back by hand goes on with other commits under the same numbers, on another timeline.
 * `false` is no proof of that: every start of a server begins a timeline.
 */
export function isComparable(a: HistoryName | undefined, b: HistoryName): a is HistoryName {
  return a?.epoch === b.epoch && a.timeline === b.timeline;
}
