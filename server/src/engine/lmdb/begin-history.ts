import { putMeta } from './meta.ts';
import type { WriteTables } from './tables.ts';

/** Where the history of a store begins whose entries came from elsewhere, and how: there is nothing before. */
export function beginHistory(
  tables: WriteTables,
  { revision, time, timeline }: { revision: number; time: number; timeline: string },
): void {
  putMeta(tables, 'compacted', { revision, time, changesSoFar: 0, bytesSoFar: 0 });
  putMeta(tables, 'tombstoneFloor', revision);
  putMeta(tables, 'timelines', [{ id: timeline, from: revision }]);
}
