import {
  checkSubtree,
  isWithin,
  type ListSessionsRequest,
  ProtocolError,
  type Reply,
  ROOT,
  type SessionItem,
  type SessionWatch,
} from '@confer/shared';
import { requireRight } from '../auth/authorise.ts';
import type { Watcher } from '../watch/watcher.ts';
import type { ApiContext } from './context.ts';
import { peerNumber } from './peers.ts';

/** Of one page: with the longest names and labels of all, 500 kB. */
const ITEMS_MAX = 100;
/** Of the paths on one page. */
const PATHS_LENGTH_MAX = 250_000;
/** Sessions and watches that one page looks at, and those of one session more: some ten milliseconds. */
const LOOKS_MAX = 10_000;
/** Of one session. Whoever wants to know of others asks by their path. */
const WATCHES_SHOWN_MAX = 20;
const SLOWEST_MAX = 100;

/** Who operates a subtree sees who listens there; who operates everything, all who are connected. */
export function authoriseSessions(
  { path = ROOT }: ListSessionsRequest,
  { principal }: ApiContext,
): void {
  requireRight(principal, 'operate', path, 'subtree');
}

/** A page of who is connected here; others may be connected to other gateways. */
export function listSessions(request: ListSessionsRequest, { service }: ApiContext): Reply {
  const { id, path, slowest, after } = request;
  if (path !== undefined) checkSubtree(path);
  const page = slowest === undefined ? new Page(path) : new SlowestPage(slowest);
  const { revision } = service.store;
  let last = 0;
  for (const [peer, number] of service.peers.after(peerNumber(after))) {
    if (page.isFull) return { ...page.reply(id, revision), next: String(last) };
    last = number;
    page.look(peer, isAskedFor(peer, request));
  }
  return page.reply(id, revision);
}

function isAskedFor(
  { principal, client, service }: ApiContext,
  { principal: actsFor, client: name }: ListSessionsRequest,
): boolean {
  // Where nobody is asked who they are, nobody has a name.
  const { isOn } = service.auth.authority;
  if (actsFor !== undefined && !(isOn && principal.name === actsFor)) return false;
  return name === undefined || client?.name === name;
}

/** Sessions with what they watch. */
class Page {
  readonly #path: string | undefined;
  readonly #items: SessionItem[] = [];
  #looks = 0;
  #pathsLength = 0;

  constructor(path: string | undefined) {
    this.#path = path;
  }

  get isFull(): boolean {
    const isLong = this.#pathsLength >= PATHS_LENGTH_MAX;
    return isLong || this.#items.length >= ITEMS_MAX || this.#looks >= LOOKS_MAX;
  }

  look(peer: ApiContext, isAskedFor: boolean): void {
    this.#looks += 1;
    if (!isAskedFor) return;
    this.#looks += peer.watches.size;
    const { watches, ...watched } = watchedBy(peer, this.#path);
    if (this.#path !== undefined && watched.watchCount === 0) return;
    for (const { path } of watches) this.#pathsLength += path.length;
    this.#items.push({ ...about(peer), ...watched, watches });
  }

  reply(id: number, revision: number): Reply & { readonly type: 'sessions' } {
    return { type: 'sessions', id, revision, items: this.#items };
  }
}

/** The slowest of those that were looked at, by what is known without a look at their watches. */
class SlowestPage {
  readonly #count: number;
  #slowest: Candidate[] = [];
  /** The last of as many as there may be: who is no slower is none of them. */
  #least: Candidate | undefined;
  #looks = 0;

  /** Throws `invalid_message` for more than there may be. */
  constructor(count: number) {
    if (count < 1 || count > SLOWEST_MAX)
      throw new ProtocolError('invalid_message', `slowest is a number from 1 to ${SLOWEST_MAX}`);
    this.#count = count;
  }

  get isFull(): boolean {
    return this.#looks >= LOOKS_MAX;
  }

  look(peer: ApiContext, isAskedFor: boolean): void {
    this.#looks += 1;
    if (!isAskedFor) return;
    const candidate = { peer, waitingBytes: peer.sink.frames.bufferedBytes };
    if (this.#least !== undefined && bySlowness(candidate, this.#least) >= 0) return;
    this.#slowest.push(candidate);
    if (this.#slowest.length >= 2 * SLOWEST_MAX) this.#sift();
  }

  reply(id: number, revision: number): Reply & { readonly type: 'sessions' } {
    this.#sift();
    const items = this.#slowest.map(({ peer }) => ({
      ...about(peer),
      watchCount: peer.watches.size,
      watches: [],
    }));
    return { type: 'sessions', id, revision, items };
  }

  #sift(): void {
    this.#slowest = this.#slowest.sort(bySlowness).slice(0, this.#count);
    this.#least = this.#slowest[this.#count - 1];
  }
}

interface Candidate {
  readonly peer: ApiContext;
  readonly waitingBytes: number;
}

function bySlowness(a: Candidate, b: Candidate): number {
  return b.waitingBytes - a.waitingBytes || appliedBy(a.peer) - appliedBy(b.peer);
}

/** Who watches nothing is behind nobody, and who has said nothing yet is not known to be. */
function appliedBy({ applied, watches }: ApiContext): number {
  return watches.size === 0 || applied === undefined ? Number.MAX_SAFE_INTEGER : applied;
}

function about({ sink, client, principal, service, applied }: ApiContext) {
  return {
    session: sink.id,
    ...(service.auth.authority.isOn ? { principal: principal.name } : {}),
    ...(client === undefined ? {} : { client }),
    address: sink.address,
    transport: sink.frames.transport,
    connectedMs: Math.floor(service.uptimeMs() - sink.openedAtMs),
    ...(applied === undefined ? {} : { applied }),
    waitingBytes: sink.frames.bufferedBytes,
  };
}

type Watched = Pick<SessionItem, 'latest' | 'watchCount' | 'states' | 'watches'>;

function watchedBy({ watches }: ApiContext, path: string | undefined): Watched {
  const meets = (other: string) =>
    path === undefined || isWithin(other, path) || isWithin(path, other);
  const states = { live: 0, lagging: 0, syncing: 0 };
  // Those that are not live are what an operator looks for.
  const [others, live]: [Watcher[], Watcher[]] = [[], []];
  let latest = 0;
  let watchCount = 0;
  for (const watcher of watches.values()) {
    const { standing, group } = watcher;
    if (standing === undefined || !meets(group.subtree)) continue;
    watchCount += 1;
    states[standing] += 1;
    latest = Math.max(latest, group.batchedTo);
    const same = standing === 'live' ? live : others;
    if (same.length < WATCHES_SHOWN_MAX) same.push(watcher);
  }
  const shown = [...others, ...live].slice(0, WATCHES_SHOWN_MAX).flatMap(shownAs);
  return { ...(watchCount === 0 ? {} : { latest }), watchCount, states, watches: shown };
}

function shownAs({ group, mode, standing: state, completeTo }: Watcher): SessionWatch[] {
  if (state === undefined) return [];
  const sent = state === 'syncing' ? undefined : completeTo;
  return [{ path: group.subtree, mode, state, ...(sent === undefined ? {} : { sent }) }];
}
