import type { Timeline } from '../engine.ts';
import type { Progress } from './commit-rows.ts';
import type { ReadTables, WriteTables } from './tables.ts';
import type { LogPlace } from './wal/replay.ts';

/** What a store is. Written once, when it is made. */
export interface Identity {
  readonly format: number;
  readonly epoch: string;
}

/** What is known of the last commit that compaction dropped: history goes on from there. */
export type CompactionState = Omit<Progress, 'entryCount'>;

interface MetaRows {
  readonly identity: Identity;
  readonly timelines: readonly Timeline[];
  readonly compacted: CompactionState;
  /** Of the write-ahead log. In the tables themselves, and never in the log. */
  readonly wal: LogPlace;
  /** In the log alone: how many transactions it knows to be in the tables themselves. */
  readonly direct: number;
  /** Every delete after this revision is known. */
  readonly tombstoneFloor: number;
}

export const NOTHING_COMPACTED: CompactionState = {
  revision: 0,
  time: 0,
  changesSoFar: 0,
  bytesSoFar: 0,
};

/** What `meta` has under a name; `undefined` before it was first written. */
export function metaOf<Name extends keyof MetaRows>(
  { meta }: Pick<ReadTables, 'meta'>,
  name: Name,
): MetaRows[Name] | undefined {
  const row = meta.get(name);
  return row === undefined ? undefined : JSON.parse(row);
}

export function putMeta<Name extends keyof MetaRows>(
  { meta }: Pick<WriteTables, 'meta'>,
  name: Name,
  value: MetaRows[Name],
): void {
  meta.put(name, JSON.stringify(value));
}
