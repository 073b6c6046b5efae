import {
  limits,
  ProtocolError,
  type Reply,
  type UnwatchRequest,
  type VerifyRequest,
  type WatchRequest,
} from '@confer/shared';
import type { Watcher } from '../watch/watcher.ts';
import { type ApiContext, answerAfter, type Later } from './context.ts';

/** A client that was told of more by another server waits until this one has it, too (W9). */
export function watch(request: WatchRequest, context: ApiContext): Reply | Later {
  const { id, after } = request;
  const { store } = context.service;
  const reached = after?.epoch !== store.epoch || store.reach(after.revision);
  const wait = reached instanceof Promise ? reached : undefined;
  return answerAfter(wait, () => countedWatch(request, context), id, context.service);
}

function countedWatch(request: WatchRequest, context: ApiContext): Reply {
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

function openWatch(request: WatchRequest, { service, sink, watches }: ApiContext): Reply {
  // Nobody would ever close it.
  if (!sink.isOpen) throw new ProtocolError('unavailable', 'the connection is over');
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

export function unwatch({ id, watch: name }: UnwatchRequest, context: ApiContext): Reply {
  const watcher = watcherOf(name, context);
  context.watches.delete(name);
  context.service.hub.close(watcher);
  return { type: 'unwatched', id };
}

export function verify({ id, watch: name }: VerifyRequest, context: ApiContext): Reply {
  if (watcherOf(name, context).verify()) return { type: 'verifying', id };
  throw new ProtocolError('unknown_watch', `${name} is an event watch: it has no state to verify`);
}

function watcherOf(name: string, { watches }: ApiContext): Watcher {
  const watcher = watches.get(name);
  if (watcher === undefined)
    throw new ProtocolError('unknown_watch', `this connection has no watch ${name}`);
  return watcher;
}
