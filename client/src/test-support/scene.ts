import type { Entry, WireChange, WireCommit } from '@confer/shared';
import { VirtualClock } from '../../../shared/src/test-support/virtual-clock.ts';
import type { ClientOptions, MirrorChange } from '../api.ts';
import { createClient } from '../client.ts';
import { FakeNetwork, type FakeServerSocket } from './fake-network.ts';

/** A client on a virtual clock and a scripted network. Backoff takes all of its ceiling. */
export function startClient(
  options: ClientOptions & { readonly urls?: string | readonly string[]; random?: number } = {},
) {
  const { urls = 'http://one:7480', random = 1, ...clientOptions } = options;
  const clock = new VirtualClock();
  const network = new FakeNetwork();
  const errors: unknown[] = [];
  let ids = 0;
  const client = createClient(
    urls,
    { onError: (error) => errors.push(error), ...clientOptions },
    {
      ...{ openSocket: network.openSocket, clock, uptimeMs: () => clock.elapsedMs },
      ...{ random: () => random, newId: () => `write-${++ids}` },
    },
  );
  return { client, clock, network, errors };
}

/** A client that is connected already. */
export function startConnected(options: ClientOptions = {}) {
  const scene = startClient(options);
  const server = scene.network.last;
  server.welcome();
  server.take('hello');
  return { ...scene, server };
}

export function entry(path: string, value: string, modRevision = 1): Entry {
  return {
    path,
    value,
    createRevision: modRevision,
    modRevision,
    version: 1,
    updatedAt: 1,
    updatedBy: 'test',
  };
}

export function commit(revision: number, ...changes: WireChange[]): WireCommit {
  return { revision, time: 1, actor: 'test', changes };
}

export function put(path: string, value: string, createRevision = 1): WireChange {
  return { type: 'put', path, value, createRevision, version: 1 };
}

export function del(path: string): WireChange {
  return { type: 'delete', path, cause: 'removed' };
}

/** Gives the oldest state watch that is asked for its first state. */
export function giveState(server: FakeServerSocket, revision: number, ...entries: Entry[]): string {
  const watch = server.acceptWatch(revision);
  if (entries.length > 0) server.say({ type: 'snapshot', watch, revision, entries });
  server.say({ type: 'synced', watch, revision });
  return watch;
}

/** A client with a live mirror of /app that holds a, b and c as of revision 5. */
export function startMirrored() {
  const scene = startConnected();
  const mirror = scene.client.mirror('/app');
  const entries = ['a', 'b', 'c'].map((name, i) => entry(`/app/${name}`, name, i + 1));
  const watch = giveState(scene.server, 5, ...entries);
  const changes: MirrorChange[] = [];
  mirror.on('change', (change) => changes.push(change));
  return { ...scene, mirror, watch, changes };
}
