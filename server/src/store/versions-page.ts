import type { EngineReads } from '../engine/engine.ts';
import type { CommitHead, Version } from '../engine/past.ts';
import { RowBudget } from '../row-budget.ts';
import type { LoggedCommit, LogPage } from './log-page.ts';

/** What one page reads, given or not: some milliseconds. */
const ROWS_MAX = 1_500;
/** To find who made a commit costs as much as so many rows. */
const HEAD_ROWS = 4;

/**
 * One page of what a path was at a revision and before, as the commits that made it so. The oldest is what it held where
 * history begins, which became so before.
 */
export function versionsPage(
  reads: EngineReads,
  query: {
    readonly path: string;
    readonly at: number;
    readonly itemsMax: number;
    readonly bytesMax: number;
  },
): LogPage {
  const { path, at, itemsMax, bytesMax } = query;
  const budget = new RowBudget(ROWS_MAX);
  const commits: LoggedCommit[] = [];
  let bytes = 0;
  for (const version of reads.versions({ path, at, budget })) {
    const head = headOf(version, reads);
    if (head === undefined) break;
    const isFull = commits.length >= itemsMax || bytes > bytesMax || budget.isSpent;
    // What a path was where history begins is read there, though it became so before.
    if (isFull && commits.length > 0)
      return { commits, next: { at: Math.max(version.revision, reads.compactedRevision) } };
    commits.push({ ...head, changes: [changeOf(path, version)] });
    bytes += 'entry' in version ? version.entry.value.length : 0;
    budget.spend(HEAD_ROWS);
  }
  return { commits };
}

/** Who wrote an entry, and when, it says itself; a delete that is not in history any more is not told. */
function headOf(version: Version, reads: EngineReads): CommitHead | undefined {
  const { revision } = version;
  const head = reads.headOf(revision);
  if (head !== undefined || !('entry' in version)) return head;
  return { revision, time: version.entry.updatedAt, actor: version.entry.updatedBy };
}

function changeOf(path: string, version: Version): LoggedCommit['changes'][number] {
  if (!('entry' in version)) return { type: 'delete', path, cause: version.cause };
  const { entry } = version;
  return { type: 'put', path, created: entry.version === 1, entry };
}
