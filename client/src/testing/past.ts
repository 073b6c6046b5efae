import {
  type Change,
  checkPath,
  checkSubtree,
  type Entry,
  type HistoryRequest,
  isShownIn,
  type Logged,
  type LogRequest,
} from '@confer/shared';
import type { MemoryStore } from './memory-store.ts';

/** What a path was, up to `at`. */
export function versionsOf({ id, path, at, limit }: HistoryRequest, store: MemoryStore): Logged {
  checkPath(path);
  const revision = at ?? store.revision;
  store.entriesAt(revision);
  const commits = commitsUpTo(revision, store).flatMap(({ changes, ...about }) => {
    const own = changes.filter((change) => change.path === path);
    return own.map(({ prev: _, ...change }) => ({ ...about, changes: [logged(change, true)] }));
  });
  const begin = store.entriesAt(store.compactedRevision).get(path);
  if (begin !== undefined) {
    const { modRevision, updatedAt: time, updatedBy: actor, version } = begin;
    const put = { type: 'put' as const, path, created: version === 1, entry: withoutPath(begin) };
    commits.push({ revision: modRevision, time, actor, changes: [put] });
  }
  return pageOf({ id, revision, ...windowOf(store) }, commits, limit);
}

/** Which commits touched a subtree, up to `at`. */
export function logOf(request: LogRequest, store: MemoryStore): Logged {
  const { id, path, at, limit, values = false } = request;
  checkSubtree(path);
  const revision = at ?? store.revision;
  store.entriesAt(revision);
  const commits = commitsUpTo(revision, store).flatMap(({ changes, ...about }) => {
    const own = changes.filter((change) => isShownIn(change.path, path));
    return own.length === 0 ? [] : [{ ...about, changes: own.map((one) => logged(one, values)) }];
  });
  return pageOf({ id, revision, ...windowOf(store) }, commits, limit);
}

function windowOf(store: MemoryStore): Pick<Logged, 'compactedRevision' | 'keptSince'> {
  const { compactedRevision } = store;
  const [oldest] = store.commitsAfter(compactedRevision);
  return { compactedRevision, ...(oldest === undefined ? {} : { keptSince: oldest.time }) };
}

function pageOf(
  about: Pick<Logged, 'id' | 'revision' | 'compactedRevision' | 'keptSince'>,
  commits: Logged['commits'],
  limit: number | undefined,
): Logged {
  const page = commits.slice(0, limit);
  const next = page.length < commits.length ? commits[page.length] : undefined;
  const at = Math.max(next?.revision ?? 0, about.compactedRevision);
  return {
    type: 'logged',
    ...about,
    commits: page,
    ...(next === undefined ? {} : { next: { at } }),
  };
}

function commitsUpTo(revision: number, store: MemoryStore) {
  const kept = store.commitsAfter(store.compactedRevision);
  return kept.filter((commit) => commit.revision <= revision).reverse();
}

function logged(change: Change, values: boolean): Logged['commits'][number]['changes'][number] {
  const { path, prev } = change;
  const before = values && prev !== undefined ? { prev: withoutPath(prev) } : {};
  if (change.type === 'delete') return { type: 'delete', path, cause: change.cause, ...before };
  const content = values ? { entry: withoutPath(change.entry) } : {};
  return { type: 'put', path, created: change.entry.version === 1, ...content, ...before };
}

function withoutPath({ path: _, ...rest }: Entry): Omit<Entry, 'path'> {
  return rest;
}
