import { describe, expect, test } from 'vitest';
import type { MirrorChange } from '../api.ts';
import {
  commit,
  del,
  entry,
  giveState,
  put,
  startClient,
  startConnected,
  startMirrored,
} from '../test-support/scene.ts';

describe('the initial state of a mirror', () => {
  test('is not shown before `synced`, and is told as no change', async () => {
    const { client, server } = startConnected();
    const mirror = client.mirror('/app');
    const changes: MirrorChange[] = [];
    mirror.on('change', (change) => changes.push(change));
    const watch = server.acceptWatch(5);
    server.say({ type: 'snapshot', watch, revision: 5, entries: [entry('/app/a', '1')] });
    expect(mirror).toMatchObject({ status: 'syncing', revision: undefined, size: 0 });
    const ready = mirror.ready();
    server.say({ type: 'synced', watch, revision: 5 });
    expect(await ready).toEqual({ revision: 5, source: 'server' });
    expect(mirror).toMatchObject({ status: 'live', revision: 5, size: 1, staleSince: undefined });
    expect(mirror.position).toEqual({ epoch: 'e1', revision: 5 });
    expect(changes).toEqual([]);
  });

  test('of an empty subtree makes it ready, too', async () => {
    const { client, server } = startConnected();
    const mirror = client.mirror('/app');
    giveState(server, 0);
    expect(await mirror.ready()).toEqual({ revision: 0, source: 'server' });
  });

  test('that does not come in time rejects `ready` with the reason', async () => {
    const { client, clock, network } = startClient();
    const outcome = expect(client.mirror('/app').ready({ timeoutMs: 100 })).rejects.toThrow(
      'the mirror of /app was not complete within 100 ms: connect ECONNREFUSED',
    );
    network.last.end(1006, 'connect ECONNREFUSED');
    await clock.advance(100);
    await outcome;
  });
});

describe('reading a mirror', () => {
  test('gives frozen entries in the order of the tree', () => {
    const { client, server } = startConnected();
    const mirror = client.mirror('/');
    const watch = giveState(server, 1, entry('/a-b', '1'));
    const paths = ['/a', '/a/z', '/a/b/c', '/a/b'];
    const oneByOne = paths.map((path, i) => commit(i + 2, put(path, '1')));
    server.say({ type: 'commits', watch, from: 1, to: 5, commits: oneByOne });
    const listed = () => mirror.list().map(({ path }) => path);
    expect(listed()).toEqual(['/a', '/a/b', '/a/b/c', '/a/z', '/a-b']);
    expect(mirror.list('/a/b').map(({ path }) => path)).toEqual(['/a/b', '/a/b/c']);
    expect(mirror.list()).toBe(mirror.list());
    expect(Object.isFrozen(mirror.get('/a'))).toBe(true);
    const changes = [put('/a/a', '1'), del('/a/b')];
    server.say({ type: 'commits', watch, from: 5, to: 6, commits: [commit(6, ...changes)] });
    expect(listed()).toEqual(['/a', '/a/a', '/a/b/c', '/a/z', '/a-b']);
    expect(mirror.value('/a/a')).toBe('1');
    expect(mirror.value('/none')).toBeUndefined();
  });

  test('gives UI frameworks the same snapshot until something changes', () => {
    const { mirror, server, watch } = startMirrored();
    let calls = 0;
    const off = mirror.subscribe(() => calls++);
    const first = mirror.getSnapshot();
    server.say({ type: 'heartbeat', revision: 9 });
    expect(mirror.getSnapshot()).toBe(first);
    server.say({
      type: 'commits',
      watch,
      from: 9,
      to: 10,
      commits: [commit(10, put('/app/a', 'x'))],
    });
    const second = mirror.getSnapshot();
    expect(second).not.toBe(first);
    expect(first.entries.get('/app/a')?.value).toBe('a');
    expect(second).toMatchObject({ status: 'live', revision: 10 });
    expect(second.entries.get('/app/a')?.value).toBe('x');
    server.end();
    expect(mirror.getSnapshot().status).toBe('stale');
    expect(calls).toBe(2);
    off();
  });
});

describe('the commits that a mirror is sent', () => {
  test('W1 W4: are one change each, told with the state right after it', () => {
    const { mirror, server, watch } = startMirrored();
    const seen: unknown[] = [];
    mirror.on('change', ({ revision, changes }) =>
      seen.push([revision, mirror.revision, mirror.value('/app/a'), mirror.size, changes.length]),
    );
    const commits = [
      commit(6, put('/app/a', '6'), put('/app/d', '6')),
      commit(7, put('/app/a', '7'), del('/app/b')),
    ];
    server.say({ type: 'commits', watch, from: 5, to: 9, commits });
    expect(seen).toEqual([
      [6, 6, '6', 4, 2],
      [7, 7, '7', 3, 2],
    ]);
    expect(mirror.revision).toBe(9);
  });

  test('are told with what was there before and with the commit', () => {
    const { changes, server, watch } = startMirrored();
    const commits = [{ ...commit(6, put('/app/a', '6'), del('/app/b')), note: 'INC-42' }];
    server.say({ type: 'commits', watch, from: 5, to: 6, commits });
    expect(changes).toEqual([
      {
        revision: 6,
        origin: 'live',
        changes: [
          {
            type: 'put',
            path: '/app/a',
            entry: { ...entry('/app/a', '6', 1), modRevision: 6 },
            prev: entry('/app/a', 'a', 1),
          },
          { type: 'delete', path: '/app/b', cause: 'removed', prev: entry('/app/b', 'b', 2) },
        ],
        commit: { revision: 6, time: 1, actor: 'test', note: 'INC-42' },
      },
    ]);
  });

  test('are no change where they change nothing in the mirror', () => {
    const { changes, mirror, server, watch } = startMirrored();
    server.say({ type: 'commits', watch, from: 5, to: 6, commits: [commit(6, del('/app/none'))] });
    expect(changes).toEqual([]);
    expect(mirror.revision).toBe(6);
  });

  test('W6: are replaced by heartbeats where there are none: these move the revision, and are answered with it', async () => {
    const { mirror, server } = startMirrored();
    const reached = mirror.waitFor(9);
    server.say({ type: 'heartbeat', revision: 9 });
    await reached;
    expect(mirror.revision).toBe(9);
    expect(server.take('heartbeat')).toEqual({ type: 'heartbeat', applied: 9 });
  });
});

describe('closing a mirror', () => {
  test('rejects every wait for it', async () => {
    const { client, server } = startConnected();
    const mirror = client.mirror('/app');
    const waits = [mirror.ready(), mirror.waitFor(5)];
    mirror.close();
    for (const wait of waits) await expect(wait).rejects.toMatchObject({ code: 'closed' });
    expect(server.untaken).toEqual(['watch']);
  });

  test('can be done by its signal just as well', () => {
    const { client } = startConnected();
    const controller = new AbortController();
    const mirror = client.mirror('/app', { signal: controller.signal });
    controller.abort();
    expect(mirror.status).toBe('closed');
    expect(client.mirror('/app', { signal: controller.signal }).status).toBe('closed');
  });
});
