import {
  checkSubtree,
  isWithin,
  type ListSubscribersRequest,
  limits,
  ProtocolError,
  type Reply,
  type ReportRequest,
  ROOT,
  type Subscriber,
} from '@confer/shared';
import { mayRead, requireRight } from '../auth/authorise.ts';
import type { Principal } from '../auth/principal.ts';
import type { Watcher } from '../watch/watcher.ts';
import type { ApiContext } from './context.ts';
import { peerNumber } from './peers.ts';

export function report(request: ReportRequest, { reports }: ApiContext): Reply {
  const { id, path, applied, rejected } = request;
  checkSubtree(path);
  if (applied === undefined && rejected === undefined) reports.delete(path);
  else if (!reports.has(path) && reports.size >= limits.reportsMax)
    throw new ProtocolError(
      'too_many_reports',
      `a connection reports on at most ${limits.reportsMax} paths`,
    );
  else reports.set(path, { applied, rejected });
  return { type: 'reported', id };
}

/** Of one page. A page with the longest of all reasons has 300 kB then. */
const ITEMS_MAX = 200;
/** Watches and reports that one page looks at: some ten milliseconds. */
const LOOKS_MAX = 20_000;

/** Who operates a subtree and may read it, since reasons may tell of what is in it. */
export function authoriseSubscribers(
  { path }: ListSubscribersRequest,
  { principal }: ApiContext,
): void {
  requireRight(principal, 'operate', path, 'subtree');
  requireRight(principal, 'read', path, 'subtree');
}

export function listSubscribers(
  { id, path, after }: ListSubscribersRequest,
  { service, principal }: ApiContext,
): Reply {
  checkSubtree(path);
  const { revision } = service.store;
  const items: Subscriber[] = [];
  let looks = 0;
  let last = 0;
  for (const [peer, number] of service.peers.after(peerNumber(after))) {
    if (items.length >= ITEMS_MAX || looks >= LOOKS_MAX)
      return { type: 'subscribers', id, revision, items, next: String(last) };
    last = number;
    looks += 1 + peer.reports.size + peer.watches.size;
    items.push(...subscribersOf(peer, path).map((each) => shownTo(principal, each)));
  }
  return { type: 'subscribers', id, revision, items };
}

/** A reason may tell of all that is at and below the path that it is about. */
function shownTo(principal: Principal, item: Subscriber): Subscriber {
  if (item.rejected === undefined || mayRead(principal, item.path, 'subtree')) return item;
  const reason = `hidden: it takes the right to read all of ${item.path}`;
  return {
    ...item,
    rejected: { ...item.rejected, reason: reason.slice(0, limits.reasonLengthMax) },
  };
}

/** What it reports on at, above or below the path; where it says nothing of itself, what it watches there. */
function subscribersOf(peer: ApiContext, path: string): Subscriber[] {
  const meets = (other: string) => isWithin(other, path) || isWithin(path, other);
  const { sink, client, principal, service } = peer;
  const about = {
    session: sink.id,
    ...(service.auth.authority.isOn ? { principal: principal.name } : {}),
    ...(client === undefined ? {} : { client }),
  };
  const watched = new Map<string, Watcher>();
  for (const watcher of peer.watches.values())
    if (watcher.mode === 'state' && meets(watcher.group.subtree))
      watched.set(watcher.group.subtree, watcher);
  const reported = [...peer.reports].filter(
    ([on]) => meets(on) && mayRead(principal, on, 'subtree'),
  );
  if (reported.length > 0)
    return reported.map(([on, { applied, rejected }]) => ({
      ...about,
      path: on,
      reports: true,
      ...(applied === undefined ? {} : { applied }),
      ...latestOf(watcherOver(on, watched)),
      ...(rejected === undefined ? {} : { rejected }),
    }));
  const [first] = watched.values();
  if (first === undefined) return [];
  const { applied } = peer;
  return [
    {
      ...about,
      path: first.group.subtree,
      reports: false,
      ...(applied === undefined ? {} : { applied }),
      ...latestOf(first),
    },
  ];
}

/** By going up, since a connection may have ten thousand watches, and reports on a hundred paths. */
function watcherOver(path: string, watched: ReadonlyMap<string, Watcher>): Watcher | undefined {
  for (let subtree = path; ; subtree = subtree.slice(0, subtree.lastIndexOf('/')) || ROOT) {
    const watcher = watched.get(subtree);
    if (watcher !== undefined || subtree === ROOT) return watcher;
  }
}

function latestOf(watcher: Watcher | undefined): { readonly latest?: number } {
  return watcher === undefined ? {} : { latest: watcher.group.batchedTo };
}
