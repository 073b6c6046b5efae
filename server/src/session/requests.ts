import {
  type CommitRequest,
  type CompactRequest,
  type GetRequest,
  type ListedEntry,
  type ListRequest,
  limits,
  ProtocolError,
  type Reply,
  type Request,
  type StatusRequest,
  type UnwatchRequest,
  unreachable,
  type VerifyRequest,
  type WatchRequest,
} from '@confer/shared';
import { errorText } from '../log.ts';
import { Draft } from '../store/draft.ts';
import type { WatchSink } from '../watch/watch-sink.ts';
import type { Watcher } from '../watch/watcher.ts';
import type { Principal } from './principal.ts';
import type { Service } from './service.ts';

/** What a request may use of its session. */
export interface RequestContext {
  readonly service: Service;
  readonly principal: Principal;
  readonly sink: WatchSink;
  /** The watches of the connection, by their name. */
  readonly watches: Map<string, Watcher>;
}

/**
 * Answers one request. A reply that is there at once is returned at once, so that what the request
 * set going (the frames of a watch) cannot come before it.
 */
export function handle(request: Request, context: RequestContext): Reply | Promise<Reply> {
  try {
    return dispatch(request, context);
  } catch (error) {
    return errorReply(request.id, error, context.service);
  }
}

/** The same for a commit that came in parts. */
export function handleParts(
  id: number,
  draft: Draft | ProtocolError,
  context: RequestContext,
): Reply | Promise<Reply> {
  try {
    if (draft instanceof Draft) return make(id, draft, context);
    throw draft;
  } catch (error) {
    return errorReply(id, error, context.service);
  }
}

function dispatch(request: Request, context: RequestContext): Reply | Promise<Reply> {
  switch (request.type) {
    case 'get':
      return get(request, context);
    case 'list':
      return list(request, context);
    case 'commit':
      return commit(request, context);
    case 'watch':
      return watch(request, context);
    case 'unwatch':
      return unwatch(request, context);
    case 'verify':
      return verify(request, context);
    case 'status':
      return status(request, context);
    case 'compact':
      return compact(request, context);
    default:
      return unreachable(request);
  }
}

function get({ id, path }: GetRequest, { service: { store } }: RequestContext): Reply {
  const entry = store.get(path) ?? null;
  return { type: 'got', id, revision: store.revision, entry };
}

function list(request: ListRequest, { service: { store } }: RequestContext): Reply {
  const { id, type: _, values = true, ...query } = request;
  const { revision, entries, folders, next } = store.list(query);
  return {
    type: 'listed',
    id,
    revision,
    entries: values ? entries : entries.map(withoutValue),
    folders,
    ...(next === undefined ? {} : { next }),
  };
}

function withoutValue({ value: _, ...meta }: ListedEntry): ListedEntry {
  return meta;
}

function commit(request: CommitRequest, context: RequestContext): Promise<Reply> {
  return make(request.id, new Draft(request.requestId).add(request), context);
}

/**
 * Makes a commit of what was checked. Without `await`, which would cost each write a turn of promises and a
 * frame of its own.
 */
function make(id: number, draft: Draft, { service, principal }: RequestContext): Promise<Reply> {
  if (draft.operationCount === 0)
    throw new ProtocolError('invalid_message', 'a commit has at least one operation');
  return service.store.commit(draft, principal.name).then(
    ({ revision, puts, deletes }) => ({ type: 'committed', id, revision, puts, deletes }),
    (error: unknown) => errorReply(id, error, service),
  );
}

function watch(request: WatchRequest, context: RequestContext): Reply {
  const { counters } = context.service;
  try {
    const reply = openWatch(request, context);
    counters.count('watchesOpened');
    return reply;
  } catch (error) {
    counters.count('watchesRefused');
    throw error;
  }
}

function openWatch(request: WatchRequest, { service, sink, watches }: RequestContext): Reply {
  if (watches.size >= limits.watchesMax)
    throw new ProtocolError(
      'too_many_watches',
      `a connection has at most ${limits.watchesMax} watches`,
    );
  if (service.hub.watchers >= service.watchesMax)
    throw new ProtocolError(
      'too_many_watches',
      `this server has ${service.watchesMax} watches, as many as it may`,
    );
  const { id, path, mode, after, prev: withPrev = false, clears = false } = request;
  const { watcher, revision } = service.hub.open({
    path,
    mode,
    withPrev,
    // Only who keeps the state can tell what a clear took, and only without `prev` does it say all.
    takesClears: clears && mode === 'state' && !withPrev,
    sink,
    ...(after === undefined ? {} : { after }),
    isTaken: (name) => watches.has(name),
    onEnded: (ended) => watches.delete(ended.group.name),
  });
  watches.set(watcher.group.name, watcher);
  return { type: 'watching', id, watch: watcher.group.name, revision };
}

function unwatch({ id, watch: name }: UnwatchRequest, context: RequestContext): Reply {
  const watcher = watcherOf(name, context);
  context.watches.delete(name);
  context.service.hub.close(watcher);
  return { type: 'unwatched', id };
}

function verify({ id, watch: name }: VerifyRequest, context: RequestContext): Reply {
  if (watcherOf(name, context).verify()) return { type: 'verifying', id };
  throw new ProtocolError('unknown_watch', `${name} is an event watch: it has no state to verify`);
}

function watcherOf(name: string, { watches }: RequestContext): Watcher {
  const watcher = watches.get(name);
  if (watcher === undefined)
    throw new ProtocolError('unknown_watch', `this connection has no watch ${name}`);
  return watcher;
}

function status({ id }: StatusRequest, { service }: RequestContext): Reply {
  return { type: 'status', id, ...service.status() };
}

async function compact({ id, revision }: CompactRequest, context: RequestContext): Promise<Reply> {
  const { service } = context;
  try {
    const compactedRevision = await service.store.compact(revision);
    return { type: 'compaction', id, compactedRevision };
  } catch (error) {
    return errorReply(id, error, service);
  }
}

function errorReply(id: number, error: unknown, { log }: Service): Reply {
  if (error instanceof ProtocolError)
    return { type: 'error', id, code: error.code, message: error.message, ...error.details };
  log('error', 'a request failed unexpectedly', { error: errorText(error) });
  return { type: 'error', id, code: 'internal', message: 'a bug in the server; its log says more' };
}
