import type { Position } from '@confer/shared';
import type { Timeline } from '../store/store.ts';

/**
 * Whether a position is part of the history of a store. Each opening of a store begins a timeline; two
 * copies that go on by themselves have the timelines up to the copy in common, and none after. So a
 * position counts up to where the next timeline began, and one of a timeline that is not known never does.
 * Positions that name none, as of older clients, are not told apart.
 */
export function isOnLine(
  { timeline, revision }: Pick<Position, 'timeline' | 'revision'>,
  timelines: readonly Timeline[],
): boolean {
  if (timeline === undefined) return true;
  const place = timelines.findIndex(({ id }) => id === timeline);
  if (place === -1) return false;
  const next = timelines[place + 1];
  // safeguard: timeline-ends-where-the-next-begins
  return next === undefined || revision <= next.from;
}
