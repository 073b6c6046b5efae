import { comparePaths, type Entry, isHiddenIn, isWithin } from '@confer/shared';
import type { EngineChange, EngineCommit } from '../engine.ts';
import type {
  ChangeOutline,
  CommitHead,
  CommitOutline,
  OutlinesQuery,
  Version,
  VersionsQuery,
} from '../past.ts';
import { commitsBefore, type LoggedCommit } from './commit-log.ts';
import type { Tombstones } from './tombstones.ts';
import type { Versions } from './versions.ts';

/** What a path was at a revision and before: its entries and its deletes, merged. */
export function* versionsOf(
  { tree, tombstones }: { readonly tree: Versions; readonly tombstones: Tombstones },
  { path, at, budget }: VersionsQuery,
  compactedRevision: number,
): Generator<Version, void, void> {
  const entries = tree.before(path, at);
  const deletes = tombstones.before(path, at);
  let entry = entries.next();
  let gone = deletes.next();
  for (;;) {
    const isEntry = (entry.value?.modRevision ?? 0) > (gone.value?.revision ?? 0);
    const version: Version | undefined = isEntry ? versionOf(entry.value) : gone.value;
    if (version === undefined) return;
    budget?.spend(1);
    yield version;
    if (version.revision <= compactedRevision) return;
    if (isEntry) entry = entries.next();
    else gone = deletes.next();
  }
}

function versionOf(entry: Entry | undefined): Version | undefined {
  return entry && { revision: entry.modRevision, entry };
}

/** The commits up to a revision, from the newest on. */
export function* outlinesOf(
  log: readonly LoggedCommit[],
  { subtree, at, after }: OutlinesQuery,
  compactedRevision: number,
): Generator<CommitOutline, void, void> {
  for (const commit of commitsBefore(log, at)) {
    if (commit.revision <= compactedRevision) return;
    const first = commit.revision === at ? after : undefined;
    yield {
      revision: commit.revision,
      looked: 1,
      head: () => headOf(commit),
      changes: () => changesIn(commit, subtree, first),
    };
  }
}

export function headOf({ revision, time, actor, note }: EngineCommit): CommitHead {
  return { revision, time, actor, ...(note === undefined ? {} : { note }) };
}

/** A subtree is one run among the changes, which are in the order of the tree. */
function* changesIn(
  { changes }: EngineCommit,
  subtree: string,
  after: string | undefined,
): Generator<ChangeOutline, void, void> {
  const isBefore = (path: string) =>
    comparePaths(path, subtree) < 0 || (after !== undefined && comparePaths(path, after) <= 0);
  for (let i = firstNot(changes, isBefore); i < changes.length; i++) {
    const change = changes[i];
    if (change === undefined || !isWithin(change.path, subtree)) return;
    if (!isHiddenIn(change.path, subtree)) yield outlineOf(change);
  }
}

function firstNot(changes: readonly EngineChange[], isBefore: (path: string) => boolean): number {
  let low = 0;
  let high = changes.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBefore(changes[middle]?.path ?? '')) low = middle + 1;
    else high = middle;
  }
  return low;
}

function outlineOf(change: EngineChange): ChangeOutline {
  const { path } = change;
  return change.type === 'put'
    ? { type: 'put', path, created: change.replaced === 0 }
    : { type: 'delete', path, cause: change.cause };
}
