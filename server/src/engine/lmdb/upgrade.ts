import type { Change, DeleteCause, Entry } from '@confer/shared';
import type { MadeCommit } from '../engine.ts';
import { entryText } from '../entry-text.ts';
import { outcomeOf } from '../evaluate.ts';
import { atOnce } from '../steps.ts';
import {
  type EntryRow,
  entryOf,
  type RequestRow,
  type StoredTables,
  type Table,
  type Tables,
  type VersionKey,
} from './layout.ts';
import {
  type LoggedCommit,
  measured,
  NOTHING_MEASURED,
  ROW_CHARACTERS,
  rowOfCommits,
  rowsOfCommit,
} from './log.ts';

/** What formats 1 and 2 had in `meta`: `[revision, compactedRevision, entryCount]` and `[floor, count]`. */
export type OldMetaRow =
  | number
  | string
  | readonly [number, number, number]
  | readonly [number, number];

type OldCommitRow = readonly [
  time: number,
  actor: string,
  note: string | null,
  requestId: string,
  changes: readonly (readonly [path: string, prevRevision: number, cause?: DeleteCause])[],
  cleared?: readonly string[],
];

export interface OldTables {
  readonly entries: Table<string, EntryRow>;
  /** `null` where the path was deleted. */
  readonly versions: Table<VersionKey, EntryRow | null>;
  readonly commits: Table<number, OldCommitRow>;
  readonly requests: Table<string, readonly [revision: number, puts: number, deletes: number]>;
  readonly retired: Table<number, readonly [requestId: string, time: number]>;
  readonly meta: Pick<Table<string, OldMetaRow>, 'get'>;
}

const LAST = Number.MAX_SAFE_INTEGER;

/**
 * Format 3 had its log in the table alone: it has all commits, up to the last row or, where a compaction
 * took that, up to what is settled. Belongs into a transaction.
 */
export function takeOverFormat3({ log, meta }: StoredTables, settled: number): void {
  let moved = settled;
  for (const { key } of log.rows({ start: [LAST, 0], end: [settled, 0], reverse: true, limit: 1 }))
    moved = Math.max(moved, key[0]);
  meta.put('moved', moved);
}

/** Writes what formats 1 and 2 had into the tables of today. Belongs into a transaction. */
export function takeOver(old: OldTables, tables: StoredTables, format: number): void {
  const state = old.meta.get('state');
  const [revision, compacted = 0, entryCount = 0] = typeof state === 'object' ? state : [0];
  for (const { key, value } of old.entries.rows({ start: '\u0001', end: '\u0002' }))
    tables.entries.put(key, entryText(entryOf(key, value)));
  takeOverCommits(old, tables, entryCount);
  takeOverRetired(old, tables);
  tables.meta.put('settled', [revision, entryCount]);
  tables.meta.put('compacted', compacted);
  tables.meta.put('moved', revision);
  tables.meta.put('deletionsFloor', floorOf(old, format, revision));
}

/** Format 1 has no deletes beside those in history, so that all before now are unknown. */
function floorOf({ meta }: OldTables, format: number, revision: number): number {
  const known = meta.get('deletions');
  return format > 1 && typeof known === 'object' ? known[0] : revision;
}

/** How many entries there were after each commit was not written down; only the last is asked for. */
function takeOverCommits(old: OldTables, { log }: StoredTables, entryCount: number): void {
  let small: LoggedCommit[] = [];
  let characters = 0;
  const closeRow = () => {
    if (small.length === 0) return;
    const { key, bytes } = rowOfCommits(small);
    log.put(key, bytes);
    small = [];
    characters = 0;
  };
  for (const { key, value } of old.commits.rows({ start: 1, end: LAST })) {
    const commit = commitOf(old, key, value);
    const logged = { commit, requestId: value[3], outcome: outcomeOf(commit), entryCount };
    const size = measured(commit.changes, NOTHING_MEASURED).characters;
    if (characters + size > ROW_CHARACTERS) closeRow();
    if (size > ROW_CHARACTERS)
      for (const row of atOnce(rowsOfCommit(logged))) log.put(row.key, row.bytes);
    else small.push(logged);
    if (size <= ROW_CHARACTERS) characters += size;
  }
  closeRow();
}

function commitOf({ versions }: OldTables, revision: number, row: OldCommitRow): MadeCommit {
  const [time, actor, note, , changes, cleared] = row;
  const entryAt = (path: string, at: number): Entry | undefined => {
    const version = at === 0 ? undefined : versions.get([path, at]);
    return version === undefined || version === null ? undefined : entryOf(path, version);
  };
  return {
    revision,
    time,
    actor,
    ...(note === null ? {} : { note }),
    changes: changes.flatMap(([path, prevRevision, cause]): Change[] => {
      const before = entryAt(path, prevRevision);
      const prev = before === undefined ? {} : { prev: before };
      if (cause !== undefined) return [{ type: 'delete', path, cause, ...prev }];
      const entry = entryAt(path, revision);
      return entry === undefined ? [] : [{ type: 'put', path, entry, ...prev }];
    }),
    ...(cleared === undefined ? {} : { cleared }),
  };
}

function takeOverRetired({ retired, requests }: OldTables, tables: Tables): void {
  for (const { key, value } of retired.rows({ start: 1, end: LAST })) {
    const [requestId, time] = value;
    const outcome = requests.get(requestId);
    if (outcome === undefined) continue;
    const row: RequestRow = [requestId, time, outcome[1], outcome[2]];
    tables.retired.put(key, JSON.stringify(row));
  }
}
