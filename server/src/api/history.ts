import type { Entry, HistoryRequest, LogRequest, Reply, WireLoggedChange } from '@confer/shared';
import { ProtocolError } from '@confer/shared';
import type { LoggedChange } from '../store/log-page.ts';
import type { Past } from '../store/past.ts';
import { type ApiContext, answerAfter, type Later } from './context.ts';
import { untilShown } from './values.ts';

/** What a path was. */
export function history(request: HistoryRequest, { service }: ApiContext): Reply | Later {
  const { id, type: _, ...query } = request;
  const { store } = service;
  const answer = () => logged(id, store.past.history(query));
  return answerAfter(untilShown(request, store), answer, id, service);
}

/** Which commits touched a subtree. */
export function log(request: LogRequest, { service }: ApiContext): Reply | Later {
  if (request.after !== undefined && request.at === undefined)
    throw new ProtocolError('invalid_message', '"after" goes on inside of the commit of "at"');
  const { id, type: _, ...query } = request;
  const { store } = service;
  const answer = () => logged(id, store.past.log(query));
  return answerAfter(untilShown(request, store), answer, id, service);
}

function logged(id: number, page: ReturnType<Past['log']>): Reply {
  const commits = page.commits.map((commit) => ({
    ...commit,
    changes: commit.changes.map(wireChange),
  }));
  return { type: 'logged', id, ...page, commits };
}

function wireChange({ entry, prev, ...outline }: LoggedChange): WireLoggedChange {
  const before = prev === undefined ? {} : { prev: withoutPath(prev) };
  if (outline.type === 'delete' || entry === undefined) return { ...outline, ...before };
  return { ...outline, entry: withoutPath(entry), ...before };
}

function withoutPath({ path: _, ...rest }: Entry): Omit<Entry, 'path'> {
  return rest;
}
