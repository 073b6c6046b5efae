import {
  type CommitRequest,
  checkCondition,
  checkNote,
  checkOperation,
  checkPath,
  checkSubtree,
  type DownMessage,
  limits,
  ProtocolError,
  type Reply,
  type Request,
  type Status,
  type VerifyRequest,
  type WatchRequest,
} from '@confer/shared';
import { checkCount } from './commit-parts.ts';
import { listed } from './listing.ts';
import type { MemoryLeases } from './memory-leases.ts';
import type { MemoryStore, Outcome, Write } from './memory-store.ts';
import { logOf, versionsOf } from './past.ts';
import { decided } from './transactions.ts';
import { Watcher } from './watcher.ts';

/** What is needed to answer the requests of one connection. */
export interface Answering {
  readonly store: MemoryStore;
  readonly leases: MemoryLeases;
  /** The watches of the connection, by name. */
  readonly watches: Map<string, Watcher>;
  /** Who asks. */
  readonly actor: string;
  /** What only the server as a whole knows of itself. */
  readonly figures: Pick<Status, 'connections' | 'watches' | 'uptimeMs'>;
  /** Sends something over the connection. */
  say(message: DownMessage): void;
  /** Makes a commit, which all watches of all connections are told before this returns (W12). */
  write(write: Write): Outcome;
  /** One that nothing had before. */
  newName(prefix: string): string;
}

/** What a request is answered with, and what the server says right after that. */
export interface Answer {
  readonly reply: Reply;
  readonly next?: () => void;
}

/**
 * Does what a request asks for.
 * @throws {ProtocolError} What it is refused with; nothing has happened then.
 */
export function answer(request: Request, context: Answering): Answer {
  if (request.type === 'watch') return watch(request, context);
  if (request.type !== 'verify') return { reply: reply(request, context) };
  const watcher = watcherOf(request.watch, context);
  if (watcher.isOfEvents)
    throw new ProtocolError('unknown_watch', 'an event watch has no state to verify');
  return { reply: { type: 'verifying', id: request.id }, next: () => watcher.prove() };
}

function reply(request: Exclude<Request, WatchRequest | VerifyRequest>, context: Answering): Reply {
  const { store } = context;
  const { id } = request;
  switch (request.type) {
    case 'get': {
      checkPath(request.path);
      const { at, path } = request;
      const entries = at === undefined ? store.entries : store.entriesAt(at);
      return { type: 'got', id, revision: at ?? store.revision, entry: entries.get(path) ?? null };
    }
    case 'list':
      return listed(request, store);
    case 'history':
      return versionsOf(request, store);
    case 'log':
      return logOf(request, store);
    case 'commit':
      return committed(request, context);
    case 'txn':
      return decided(request, context);
    case 'unwatch':
      watcherOf(request.watch, context);
      context.watches.delete(request.watch);
      return { type: 'unwatched', id };
    case 'status':
      return status(id, context);
    case 'compact':
      return { type: 'compaction', id, compactedRevision: store.compact(request.revision) };
    case 'whoami': {
      const nothing = { roles: [], allow: [], deny: [] };
      return { type: 'identity', id, principal: context.actor, kind: 'anyone', ...nothing };
    }
    case 'grantLease':
    case 'keepAlive':
    case 'revokeLease':
    case 'readLease':
    case 'listLeases':
      return context.leases.answer(request, context.actor);
    default:
      throw new ProtocolError('forbidden', 'the test server has neither roles nor tokens');
  }
}

function committed(request: CommitRequest, { write, actor }: Answering): Reply {
  const { id, requestId, operations, conditions = [], note } = request;
  checkCount(request);
  if (note !== undefined) checkNote(note);
  for (const operation of operations) checkOperation(operation);
  for (const condition of conditions) checkCondition(condition);
  const outcome = write({ requestId, operations, conditions, note, actor });
  return { type: 'committed', id, ...outcome };
}

function watch(request: WatchRequest, { store, watches, say, newName }: Answering): Answer {
  const { id, path, mode, after } = request;
  checkSubtree(path);
  if (watches.size >= limits.watchesMax)
    throw new ProtocolError(
      'too_many_watches',
      `a connection has at most ${limits.watchesMax} watches`,
    );
  const standing = after && store.standingOf(after);
  if (standing === 'ahead' && mode === 'events')
    throw new ProtocolError('future_revision', `the newest revision is ${store.revision}`);
  const name = newName('w');
  const watcher = new Watcher(name, request, store, say);
  const next = () => {
    if (watcher.begin(standing)) watches.set(name, watcher);
  };
  const revision = standing === 'continued' && after ? after.revision : store.revision;
  return { reply: { type: 'watching', id, watch: name, revision }, next };
}

function watcherOf(name: string, { watches }: Answering): Watcher {
  const watcher = watches.get(name);
  if (watcher === undefined)
    throw new ProtocolError('unknown_watch', `this connection has no watch ${name}`);
  return watcher;
}

function status(id: number, { store, figures }: Answering): Status {
  const { epoch, revision, compactedRevision } = store;
  return {
    ...{ type: 'status', id, epoch, revision, compactedRevision },
    ...{ entries: store.entries.size, engine: 'memory', version: 'test', ...figures },
    storage: 'well',
  };
}
