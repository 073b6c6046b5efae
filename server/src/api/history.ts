import type {
  Entry,
  HistoryRequest,
  LogRequest,
  Reply,
  WireLoggedChange,
  WireVersion,
} from '@confer/shared';
import { ProtocolError } from '@confer/shared';
import type { LoggedChange } from '../store/log-page.ts';
import type { KnownVersion } from '../store/versions-page.ts';
import { type ApiContext, answerAfter, type Later, type Service } from './context.ts';
import { untilShown } from './values.ts';

/** What a path was. */
export function history(request: HistoryRequest, { service }: ApiContext): Reply | Later {
  const wait = untilShown(request, service.store);
  return answerAfter(wait, () => versions(request, service), request.id, service);
}

function versions({ id, type: _, ...query }: HistoryRequest, { store }: Service): Reply {
  const page = store.past.history(query);
  return { type: 'versions', id, ...page, versions: page.versions.map(wireVersion) };
}

function wireVersion(version: KnownVersion): WireVersion {
  const { revision, head } = version;
  const note = head?.note === undefined ? {} : { note: head.note };
  if ('cause' in version) {
    const made = head === undefined ? {} : { time: head.time, actor: head.actor };
    return { type: 'delete', revision, cause: version.cause, ...made, ...note };
  }
  const { updatedAt: time, updatedBy: actor, ...rest } = version.entry;
  return { type: 'put', revision, time, actor, ...note, ...contentOf(rest) };
}

/** Which commits touched a subtree. */
export function log(request: LogRequest, { service }: ApiContext): Reply | Later {
  if (request.after !== undefined && request.at === undefined)
    throw new ProtocolError('invalid_message', '"after" goes on inside of the commit of "at"');
  const wait = untilShown(request, service.store);
  return answerAfter(wait, () => logged(request, service), request.id, service);
}

function logged({ id, type: _, ...query }: LogRequest, { store }: Service): Reply {
  const page = store.past.log(query);
  const commits = page.commits.map((commit) => ({
    ...commit,
    changes: commit.changes.map(wireChange),
  }));
  return { type: 'logged', id, ...page, commits };
}

function wireChange(change: LoggedChange): WireLoggedChange {
  const { entry, prev, ...outline } = change;
  const before = prev === undefined ? {} : { prev: withoutPath(prev) };
  if (outline.type === 'delete') return { ...outline, ...before };
  return { ...outline, ...(entry === undefined ? {} : contentOf(entry)), ...before };
}

/** What of an entry its path and its commit do not say already. */
function contentOf({
  value,
  createRevision,
  version,
  lease,
}: Pick<Entry, 'value' | 'createRevision' | 'version' | 'lease'>) {
  return { value, createRevision, version, ...(lease === undefined ? {} : { lease }) };
}

function withoutPath({ path: _, ...rest }: Entry): Omit<Entry, 'path'> {
  return rest;
}
