import { compareCodePoints, orderKey } from '@confer/shared';
import type { ScanQuery } from './engine.ts';

/** A run of the tree order in terms of `orderKey`: `from` belongs to it, `to` does not. */
export interface KeyRange {
  readonly from: string;
  readonly to: string;
}

/**
 * The keys of a subtree. Below a path the key goes on with U+0001, and beside it with a character
 * above U+001F, so that U+0002 ends the subtree before any sibling such as `/app-x` (S6). The root
 * holds no entry and its key is empty, which not every store can look for.
 */
function subtreeRange(subtree: string): KeyRange {
  const key = orderKey(subtree);
  return { from: key === '' ? '\u0001' : key, to: `${key}\u0002` };
}

/** The keys that a scan visits. */
export function scanRange({ subtree, start }: Omit<ScanQuery, 'at'>): KeyRange {
  const { from, to } = subtreeRange(subtree);
  return { from: later(from, startOf(start)), to };
}

function startOf(start: ScanQuery['start']): string {
  if (start === undefined) return '';
  return 'after' in start ? `${orderKey(start.after)}\u0000` : subtreeRange(start.afterSubtree).to;
}

function later(a: string, b: string): string {
  return compareCodePoints(a, b) < 0 ? b : a;
}

/** The keys of a subtree, or those of them after a path. */
export function restOf(subtree: string, after: string | undefined): KeyRange {
  return scanRange(after === undefined ? { subtree } : { subtree, start: { after } });
}
