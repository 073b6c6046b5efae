import { assert, ROOT } from '@confer/shared';
import type { Timeline } from '../engine.ts';
import type { Progress } from './commit-rows.ts';
import { headAt } from './history.ts';
import type { Place } from './keys.ts';
import { metaOf, NOTHING_COMPACTED } from './meta.ts';
import type { ReadTables } from './tables.ts';

/** How far the history of a store is. */
export function progressOf(tables: ReadTables): Progress {
  const entryCount = tables.entries.count();
  const compacted = metaOf(tables, 'compacted') ?? NOTHING_COMPACTED;
  const revision = lastLogged(tables);
  if (revision <= compacted.revision) return { ...compacted, entryCount };
  const head = headAt(tables, revision);
  assert(head !== undefined, 'every commit has a head');
  const { time, changesSoFar, bytesSoFar } = head;
  return { revision, time, entryCount, changesSoFar, bytesSoFar };
}

function lastLogged({ log }: ReadTables): number {
  const start: Place = [Number.MAX_SAFE_INTEGER, ROOT];
  const end: Place = [0, ROOT];
  for (const { key } of log.rows({ start, end, reverse: true, limit: 1 })) return key[0];
  return 0;
}

/** So many openings are remembered: who names an older one is given everything anew. */
const TIMELINES_MAX = 1_000;

/** The timelines of a store with one more, that begins where its history ends. */
export function timelinesAfter(tables: ReadTables, next: Timeline): readonly Timeline[] {
  return [...(metaOf(tables, 'timelines') ?? []), next].slice(-TIMELINES_MAX);
}
