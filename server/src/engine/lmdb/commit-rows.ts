import { assert } from '@confer/shared';
import { type CooperativeSteps, TimeSlice } from '../cooperative-steps.ts';
import type { CommitOutcome, EngineChange, EngineCommit } from '../engine.ts';
import { type Judgement, withBranch } from '../evaluate.ts';
import {
  type ChangeRow,
  type CommitHead,
  changeRows,
  goneOf,
  type LazyEntryRow,
  stepAfter,
  storedEntry,
  tombstoneRow,
  withHead,
} from './row-codec.ts';
import type { WriteTables } from './tables.ts';

/** How far a history is. */
export interface Progress {
  readonly revision: number;
  /** Of its commit, in ms since the Unix epoch. */
  readonly time: number;
  /** Entries at it. */
  readonly entryCount: number;
  /** Changes, and about the bytes kept for history, from the beginning of the epoch up to it. */
  readonly changesSoFar: number;
  readonly bytesSoFar: number;
}

/** What a row takes in a table beside its texts, roughly. */
const ROW_BYTES = 60;

interface WrittenCommit {
  /** How far the history is then. */
  readonly progress: Progress;
  /** What its writer is told. */
  readonly outcome: CommitOutcome;
}

/** Writes all rows of a commit into a transaction. */
export function* writeCommit(
  tables: WriteTables,
  judgement: Judgement<LazyEntryRow>,
  so: { readonly far: Progress; readonly compactedRevision: number },
): CooperativeSteps<WrittenCommit> {
  const { commit, replaced } = judgement;
  const pace = new TimeSlice();
  const { progress, outcome } = tallyOf(judgement, so.far);
  let head: CommitHead | undefined = headAfter(commit, progress);
  for (let i = 0; i < commit.changes.length; i++) {
    const change = commit.changes[i];
    if (change === undefined) continue;
    const row =
      change.type === 'put'
        ? putRow(tables, change, replaced[i], so.compactedRevision)
        : deleteRow(tables, change, replaced[i], commit.revision);
    tables.log.put([commit.revision, change.path], head === undefined ? row : withHead(head, row));
    head = undefined;
    if (pace.isOver()) yield;
  }
  return { progress, outcome };
}

function tallyOf(
  { commit, replaced, otherwise }: Judgement<LazyEntryRow>,
  far: Progress,
): { readonly progress: Progress; readonly outcome: CommitOutcome } {
  const { revision, time, changes } = commit;
  let { entryCount, bytesSoFar } = far;
  let puts = 0;
  for (let i = 0; i < changes.length; i++) {
    const change = changes[i];
    if (change === undefined) continue;
    const before = replaced[i];
    if (change.type === 'put') puts++;
    else entryCount--;
    if (before === undefined) entryCount++;
    bytesSoFar += ROW_BYTES + change.path.length + keptBytes(before);
  }
  const changesSoFar = far.changesSoFar + changes.length;
  const progress = { revision, time, entryCount, changesSoFar, bytesSoFar };
  const outcome = { revision, puts, deletes: changes.length - puts };
  return { progress, outcome: withBranch(outcome, otherwise) };
}

/** What history holds on to: the row before, and its value where that lies apart. */
function keptBytes(before: LazyEntryRow | undefined): number {
  return before === undefined ? 0 : before.row.length + before.apartLength;
}

function headAfter(
  { actor, note, cleared, withoutPrev }: EngineCommit,
  { time, changesSoFar, bytesSoFar }: Progress,
): CommitHead {
  const head = { time, actor, changesSoFar, bytesSoFar };
  if (note === undefined && cleared === undefined && withoutPrev === undefined) return head;
  return {
    ...head,
    ...(note === undefined ? {} : { note }),
    ...(cleared === undefined ? {} : { cleared }),
    ...(withoutPrev === undefined ? {} : { withoutPrev }),
  };
}

function putRow(
  tables: WriteTables,
  change: EngineChange & { readonly type: 'put' },
  before: LazyEntryRow | undefined,
  compactedRevision: number,
): ChangeRow {
  const { path, entry } = change;
  const gone = before === undefined ? forgetTombstone(tables, path, compactedRevision) : undefined;
  const stored = storedEntry(entry, before ?? gone);
  tables.entries.put(path, stored.row);
  if (stored.apart !== undefined) tables.values.put([entry.modRevision, path], stored.apart);
  return before === undefined ? changeRows.created(gone) : changeRows.replaced(before);
}

/** The path lives again, so it is not among those that are gone; the log has when it went. */
function forgetTombstone(
  { tombstones, tombstoneOrder }: WriteTables,
  path: string,
  compacted: number,
) {
  const row = tombstones.get(path);
  if (row === undefined) return undefined;
  const gone = goneOf(row);
  // safeguard: path-that-lives-is-not-among-the-deleted
  tombstones.remove(path);
  if (gone.revision <= compacted) tombstoneOrder.remove([gone.revision, path]);
  return gone;
}

function deleteRow(
  { entries, tombstones }: WriteTables,
  { path, cause }: EngineChange & { readonly type: 'delete' },
  before: LazyEntryRow | undefined,
  revision: number,
): ChangeRow {
  assert(before !== undefined, 'what is deleted was there');
  entries.remove(path);
  tombstones.put(path, tombstoneRow({ revision, cause, ...stepAfter(before, revision) }));
  return changeRows.deleted(cause, before);
}
