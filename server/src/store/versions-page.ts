import type { EngineReads } from '../engine/engine.ts';
import type { CommitHead, Version } from '../engine/past.ts';
import { RowBudget } from '../row-budget.ts';

/** A version of a path, with the commit that made it, as far as history has that. */
export type KnownVersion = Version & { readonly head?: CommitHead };

export interface VersionsPage {
  /** The newest first. */
  readonly versions: KnownVersion[];
  /** The revision to go on at; absent on the last page. */
  readonly next?: number;
}

/** What one page reads, given or not: some milliseconds. */
const ROWS_MAX = 2_500;
/** To find who made a commit costs as much as so many rows. */
const HEAD_ROWS = 4;

/** One page of what a path was at a revision and before. */
export function versionsPage(
  reads: EngineReads,
  query: {
    readonly path: string;
    readonly at: number;
    readonly itemsMax: number;
    readonly bytesMax: number;
  },
): VersionsPage {
  const { path, at, itemsMax, bytesMax } = query;
  const budget = new RowBudget(ROWS_MAX);
  const versions: KnownVersion[] = [];
  let bytes = 0;
  for (const version of reads.versions({ path, at, budget })) {
    const isFull = versions.length >= itemsMax || bytes > bytesMax || budget.isSpent;
    // What a path was where history begins is read there, though it became so before.
    if (isFull && versions.length > 0)
      return { versions, next: Math.max(version.revision, reads.compactedRevision) };
    const head = reads.headOf(version.revision);
    versions.push(head === undefined ? version : { ...version, head });
    bytes += 'entry' in version ? version.entry.value.length : 0;
    budget.spend(HEAD_ROWS);
  }
  return { versions };
}
