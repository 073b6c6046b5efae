import { comparePaths, type Entry, isWithin, ROOT, segmentsOf } from '@confer/shared';
import type { EngineReads, ScanQuery } from '../engine/engine.ts';
import { RowBudget } from '../row-budget.ts';

export interface ListQuery {
  readonly subtree: string;
  readonly at: number;
  /** Levels below the subtree's path. */
  readonly depth: number;
  /** The last item of the page before. */
  readonly after?: string;
  readonly itemsMax: number;
  readonly bytesMax: number;
}

export interface ListPage {
  readonly entries: Entry[];
  readonly folders: string[];
  /** Where the next page continues; absent on the last one. */
  readonly next?: string;
}

/** What one page looks at, given or not: some milliseconds. */
const LOOKS_MAX = 2_500;
/** To find what comes behind a folder costs as much as so many looks. */
const FOLDER_LOOKS = 10;

/**
 * One page of a subtree at one revision. What lies deeper than `depth` is skipped, not read: one
 * step of the scan for each folder, however much is below it. A page ends where it is full, or where it
 * has looked at so much that was not there at the revision that others must have their turn.
 */
export function listPage(reads: EngineReads, query: ListQuery): ListPage {
  const { subtree, at, itemsMax, bytesMax } = query;
  const depth = query.depth + segmentsOf(subtree).length;
  const entries: Entry[] = [];
  const folders: string[] = [];
  let bytes = 0;
  const budget = new RowBudget(LOOKS_MAX);
  let start = startAfter(query.after);
  for (;;) {
    const folder = takeUntilFolder();
    if (folder === 'full') return { entries, folders, next: lastOf(entries, folders) };
    if (folder !== undefined) folders.push(folder);
    if (budget.stoppedAfter !== undefined)
      return { entries, folders, next: laterOf(lastOf(entries, folders), budget.stoppedAfter) };
    if (folder === undefined || folder === subtree) return { entries, folders };
    if (budget.spend(FOLDER_LOOKS)) return { entries, folders, next: lastOf(entries, folders) };
    start = { afterSubtree: folder };
  }

  function takeUntilFolder(): string | 'full' | undefined {
    const scan: ScanQuery = { subtree, at, budget, ...(start === undefined ? {} : { start }) };
    for (const entry of reads.scan(scan)) {
      if (entries.length + folders.length >= itemsMax || bytes > bytesMax) return 'full';
      const segments = segmentsOf(entry.path);
      if (segments.length > depth) return folderAt(segments, depth);
      entries.push(entry);
      bytes += entry.path.length + entry.value.length;
    }
    return undefined;
  }
}

function folderAt(segments: readonly string[], depth: number): string {
  return depth === 0 ? ROOT : `/${segments.slice(0, depth).join('/')}`;
}

/**
 * A cursor is the last item of a page: the path of an entry, or that of a folder with a slash behind
 * it, which is continued after all that is below it. No path ends in a slash.
 */
function startAfter(cursor: string | undefined): ScanQuery['start'] {
  if (cursor === undefined) return undefined;
  return cursor.endsWith('/') ? { afterSubtree: cursor.slice(0, -1) } : { after: cursor };
}

function lastOf(entries: readonly Entry[], folders: readonly string[]): string {
  const entry = entries.at(-1)?.path ?? ROOT;
  const folder = folders.at(-1) ?? ROOT;
  // The folder of an entry's own path comes after the entry.
  return folder !== ROOT && comparePaths(folder, entry) >= 0 ? `${folder}/` : entry;
}

/** Of two cursors the one that is further on; what is inside a folder is before its end. */
function laterOf(cursor: string, looked: string): string {
  if (cursor === ROOT) return looked;
  const path = cursor.endsWith('/') ? cursor.slice(0, -1) : cursor;
  const isInside = cursor.endsWith('/') && isWithin(looked, path);
  return isInside || comparePaths(path, looked) >= 0 ? cursor : looked;
}
