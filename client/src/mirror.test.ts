import { type Commits, Digest } from '@confer/shared';
import { describe, expect, test } from 'vitest';
import type { MirrorChange, MirrorStatusChange } from './api.ts';
import {
  commit,
  del,
  entry,
  giveState,
  put,
  startClient,
  startConnected,
} from './test-support/rig.ts';
import { settle } from './test-support/virtual-clock.ts';

/** A client with a live mirror of /app that holds a, b and c as of revision 5. */
function startMirrored() {
  const rig = startConnected();
  const mirror = rig.client.mirror('/app');
  const entries = ['a', 'b', 'c'].map((name, i) => entry(`/app/${name}`, name, i + 1));
  const watch = giveState(rig.server, 5, ...entries);
  const changes: MirrorChange[] = [];
  mirror.on('change', (change) => changes.push(change));
  return { ...rig, mirror, watch, changes };
}

describe('the initial state', () => {
  test('shows nothing before `synced`, and is no change', async () => {
    const { client, server } = startConnected();
    const mirror = client.mirror('/app');
    const changes: MirrorChange[] = [];
    mirror.on('change', (change) => changes.push(change));
    const watch = server.acceptWatch(5);
    server.say({ type: 'snapshot', watch, revision: 5, entries: [entry('/app/a', '1')] });
    expect(mirror).toMatchObject({ status: 'syncing', revision: undefined, size: 0 });
    const ready = mirror.ready();
    server.say({ type: 'synced', watch, revision: 5 });
    expect(await ready).toEqual({ revision: 5 });
    expect(mirror).toMatchObject({ status: 'live', revision: 5, size: 1, staleSince: undefined });
    expect(mirror.position).toEqual({ epoch: 'e1', revision: 5 });
    expect(changes).toEqual([]);
  });

  test('of an empty subtree is ready too', async () => {
    const { client, server } = startConnected();
    const mirror = client.mirror('/app');
    giveState(server, 0);
    expect(await mirror.ready()).toEqual({ revision: 0 });
  });

  test('that does not come in time says why', async () => {
    const { client, clock, network } = startClient();
    const outcome = expect(client.mirror('/app').ready({ timeoutMs: 100 })).rejects.toThrow(
      'the mirror of /app was not complete within 100 ms: connect ECONNREFUSED',
    );
    network.last.end(1006, 'connect ECONNREFUSED');
    await clock.advance(100);
    await outcome;
  });
});

describe('reading', () => {
  test('gives frozen entries in the order of the tree', () => {
    const { client, server } = startConnected();
    const mirror = client.mirror('/');
    const paths = ['/a-b', '/a', '/a/z', '/a/b/c', '/a/b'];
    const watch = giveState(server, 1, ...paths.map((path) => entry(path, '1')));
    const listed = () => mirror.list().map(({ path }) => path);
    expect(listed()).toEqual(['/a', '/a/b', '/a/b/c', '/a/z', '/a-b']);
    expect(mirror.list('/a/b').map(({ path }) => path)).toEqual(['/a/b', '/a/b/c']);
    expect(mirror.list()).toBe(mirror.list());
    expect(Object.isFrozen(mirror.get('/a'))).toBe(true);
    const changes = [put('/a/a', '1'), del('/a/b')];
    server.say({ type: 'commits', watch, from: 1, to: 2, commits: [commit(2, ...changes)] });
    expect(listed()).toEqual(['/a', '/a/a', '/a/b/c', '/a/z', '/a-b']);
    expect(mirror.value('/a/a')).toBe('1');
    expect(mirror.value('/none')).toBeUndefined();
  });

  test('a snapshot for UI frameworks stays the same until something changes', () => {
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

describe('commits', () => {
  test('W1 W4: each is one change, told with the state right after it', () => {
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

  test('carry what was there before, and the commit', () => {
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

  test('that change nothing here are no change', () => {
    const { changes, mirror, server, watch } = startMirrored();
    server.say({ type: 'commits', watch, from: 5, to: 6, commits: [commit(6, del('/app/none'))] });
    expect(changes).toEqual([]);
    expect(mirror.revision).toBe(6);
  });

  test('W6: a heartbeat moves the revision, and is answered with it', async () => {
    const { mirror, server } = startMirrored();
    const reached = mirror.waitFor(9);
    server.say({ type: 'heartbeat', revision: 9 });
    await reached;
    expect(mirror.revision).toBe(9);
    expect(server.take('heartbeat')).toEqual({ type: 'heartbeat', applied: 9 });
  });
});

describe('a time away', () => {
  test('W8: is stale at once, and live again with `synced`', async () => {
    const { clock, mirror, network, server } = startMirrored();
    const statuses: MirrorStatusChange[] = [];
    mirror.on('status', (change) => statuses.push(change));
    const lostAt = clock.now();
    server.end(1006, 'cable cut');
    expect(mirror).toMatchObject({ status: 'stale', staleSince: lostAt, revision: 5 });
    await clock.advance(250);
    network.last.welcome();
    expect(network.last.sent[1]).toMatchObject({ after: { epoch: 'e1', revision: 5 } });
    const watch = network.last.acceptWatch();
    expect(mirror).toMatchObject({ status: 'stale', staleSince: lostAt });
    network.last.say({ type: 'synced', watch, revision: 5 });
    expect(mirror).toMatchObject({ status: 'live', staleSince: undefined });
    expect(statuses).toEqual([
      { from: 'live', to: 'stale', reason: 'cable cut' },
      { from: 'stale', to: 'live', reason: 'synced' },
    ]);
  });

  test('W5: continues with the commits since then, each as one change', async () => {
    const { changes, clock, mirror, network, server } = startMirrored();
    server.end();
    await clock.advance(250);
    network.last.welcome();
    const watch = network.last.acceptWatch();
    const commits = [commit(6, put('/app/a', '6')), commit(7, put('/app/a', '7'))];
    network.last.say({ type: 'commits', watch, from: 5, to: 7, commits });
    expect(mirror.status).toBe('stale');
    network.last.say({ type: 'synced', watch, revision: 8 });
    expect(changes.map(({ revision, origin }) => [revision, origin])).toEqual([
      [6, 'live'],
      [7, 'live'],
    ]);
    expect(mirror).toMatchObject({ status: 'live', revision: 8 });
  });

  test('with a difference is told once, when all of it is there', () => {
    const { changes, mirror, server, watch } = startMirrored();
    const [a, b] = [mirror.get('/app/a'), mirror.get('/app/b')];
    const page = { type: 'difference', watch, from: 5, to: 20 } as const;
    server.say({ ...page, changes: [{ type: 'put', entry: entry('/app/a', 'A', 12) }] });
    server.say({
      ...page,
      changes: [
        { type: 'delete', path: '/app/c', cause: 'expired' },
        { type: 'delete', path: '/app/never', cause: 'removed' },
      ],
    });
    expect(mirror).toMatchObject({ status: 'stale', revision: 5, size: 3 });
    expect(changes).toEqual([]);
    server.say({ type: 'synced', watch, revision: 20 });
    expect(changes).toMatchObject([
      {
        revision: 20,
        origin: 'resync',
        changes: [
          { type: 'put', path: '/app/a', prev: a },
          { type: 'delete', path: '/app/c', cause: 'expired' },
        ],
      },
    ]);
    expect(mirror.get('/app/b')).toBe(b);
    expect(mirror).toMatchObject({ status: 'live', revision: 20, size: 2 });
  });

  test('with a resync tells the real difference, and what is the same keeps its identity', () => {
    const { changes, mirror, server, watch } = startMirrored();
    const [a, b] = [mirror.get('/app/a'), mirror.get('/app/b')];
    server.say({ type: 'resync', watch, reason: 'compacted', epoch: 'e1' });
    expect(mirror.status).toBe('stale');
    const entries = [entry('/app/a', 'a', 1), entry('/app/b', 'B', 11), entry('/app/d', 'd', 12)];
    server.say({ type: 'snapshot', watch, revision: 20, entries });
    expect(mirror.get('/app/b')).toBe(b);
    server.say({ type: 'synced', watch, revision: 20 });
    expect(mirror.get('/app/a')).toBe(a);
    expect(changes).toMatchObject([
      {
        origin: 'resync',
        changes: [
          { type: 'put', path: '/app/b', prev: b },
          { type: 'delete', path: '/app/c', prev: { value: 'c' } },
          { type: 'put', path: '/app/d' },
        ],
      },
    ]);
  });

  test('with a resync that brings nothing new tells nobody', () => {
    const { changes, mirror, server, watch } = startMirrored();
    server.say({ type: 'resync', watch, reason: 'compacted', epoch: 'e1' });
    const entries = [...mirror.list()];
    server.say({ type: 'snapshot', watch, revision: 20, entries });
    server.say({ type: 'synced', watch, revision: 20 });
    expect(changes).toEqual([]);
    expect(mirror).toMatchObject({ status: 'live', revision: 20 });
  });

  test('in which the history became another one: equal numbers prove nothing', async () => {
    const { changes, clock, mirror, network, server } = startMirrored();
    const a = mirror.get('/app/a');
    server.end();
    await clock.advance(250);
    network.last.welcome({ epoch: 'e2', revision: 3 });
    const watch = network.last.acceptWatch(3);
    network.last.say({ type: 'resync', watch, reason: 'epoch', epoch: 'e2' });
    const entries = [entry('/app/a', 'a', 1), entry('/app/b', 'restored', 2)];
    network.last.say({ type: 'snapshot', watch, revision: 3, entries });
    network.last.say({ type: 'synced', watch, revision: 3 });
    expect(mirror.position).toEqual({ epoch: 'e2', revision: 3 });
    expect(mirror.get('/app/a')).toBe(a);
    expect(changes[0]?.changes.map(({ path }) => path)).toEqual(['/app/b', '/app/c']);
  });

  test('W9: a server that is behind is not believed, and asked again ever later', async () => {
    const { clock, mirror, network, server } = startMirrored();
    server.end();
    await clock.advance(250);
    network.last.welcome({ revision: 3 });
    for (const waitMs of [250, 500]) {
      const watch = network.last.acceptWatch(3);
      network.last.say({ type: 'resync', watch, reason: 'epoch', epoch: 'e1' });
      network.last.say({ type: 'synced', watch, revision: 3 });
      expect(mirror).toMatchObject({ status: 'stale', revision: 5, size: 3 });
      expect(network.last.take('unwatch').watch).toBe(watch);
      await clock.advance(waitMs - 1);
      expect(network.last.untaken).not.toContain('watch');
      await clock.advance(1);
    }
    expect(network.last.take('watch').after).toEqual({ epoch: 'e1', revision: 5 });
  });
});

describe('W7: the digest', () => {
  test('of the right state is what the client keeps', () => {
    const { errors, mirror, server, watch } = startMirrored();
    const commits = [commit(6, put('/app/a', '6'), del('/app/b'), del('/app/c'))];
    server.say({ type: 'commits', watch, from: 5, to: 6, commits });
    server.say({ type: 'synced', watch, revision: 6, entries: 1, digest: digestOf(['/app/a', 6]) });
    expect(errors).toEqual([]);
    expect(mirror.status).toBe('live');
  });

  test('that differs is reported, and everything is asked for again, ever later', async () => {
    const { changes, clock, errors, mirror, server, watch } = startMirrored();
    let name = watch;
    for (const waitMs of [250, 500]) {
      server.say({ type: 'synced', watch: name, revision: 5, digest: digestOf(['/app/a', 2]) });
      expect(mirror).toMatchObject({ status: 'stale', size: 3, revision: 5 });
      expect(server.take('unwatch').watch).toBe(name);
      await clock.advance(waitMs - 1);
      expect(server.untaken).toEqual([]);
      await clock.advance(1);
      expect(server.sent[0]).not.toHaveProperty('after');
      name = server.acceptWatch(5);
    }
    expect(errors).toHaveLength(2);
    expect(errors[0]).toMatchObject({ path: '/app' });
    server.say({ type: 'snapshot', watch: name, revision: 5, entries: [entry('/app/a', 'x', 2)] });
    server.say({ type: 'synced', watch: name, revision: 5, digest: digestOf(['/app/a', 2]) });
    expect(mirror).toMatchObject({ status: 'live', size: 1 });
    expect(changes).toHaveLength(1);
  });

  test('of a difference is looked at before anyone sees it', () => {
    const { changes, errors, mirror, server, watch } = startMirrored();
    server.say({
      type: 'difference',
      watch,
      from: 5,
      to: 9,
      changes: [{ type: 'put', entry: entry('/app/a', 'A', 9) }],
    });
    server.say({ type: 'synced', watch, revision: 9, entries: 4 });
    expect(errors).toHaveLength(1);
    expect(changes).toEqual([]);
    expect(mirror).toMatchObject({ status: 'stale', revision: 5 });
    expect(mirror.value('/app/a')).toBe('a');
  });
});

describe('listeners', () => {
  const next = (watch: string, revision: number): Commits => ({
    type: 'commits',
    watch,
    from: revision - 1,
    to: revision,
    commits: [commit(revision, put('/app/a', `${revision}`))],
  });

  test('that throw are reported and stop nobody', () => {
    const { changes, errors, mirror, server, watch } = startMirrored();
    const error = new Error('my listener');
    mirror.on('change', () => {
      throw error;
    });
    let others = 0;
    mirror.on('change', () => others++);
    server.say(next(watch, 6));
    server.say(next(watch, 7));
    expect(errors).toEqual([error, error]);
    expect([changes.length, others]).toEqual([2, 2]);
  });

  test('that unsubscribe others while being told are heeded', () => {
    const { mirror, server, watch } = startMirrored();
    const calls: string[] = [];
    const offs = [
      mirror.on('change', () => {
        calls.push('first');
        for (const off of offs) off();
      }),
      mirror.on('change', () => calls.push('second')),
    ];
    server.say(next(watch, 6));
    server.say(next(watch, 7));
    expect(calls).toEqual(['first']);
  });

  test('that close the mirror hear no later commit of the same batch', () => {
    const { changes, mirror, server, watch } = startMirrored();
    mirror.on('change', () => mirror.close());
    const commits = [commit(6, put('/app/a', '6')), commit(7, put('/app/a', '7'))];
    server.say({ type: 'commits', watch, from: 5, to: 7, commits });
    expect(changes.map(({ revision }) => revision)).toEqual([6]);
    expect(mirror.status).toBe('closed');
  });

  test('that close the client find it closed', async () => {
    const { client, mirror, server, watch } = startMirrored();
    const statuses: string[] = [];
    client.on('status', ({ kind }) => statuses.push(`client ${kind}`));
    mirror.on('status', ({ to }) => statuses.push(`mirror ${to}`));
    mirror.on('change', () => {
      client.close();
      statuses.push(`in the listener ${mirror.status} ${client.status.kind}`);
    });
    server.say(next(watch, 6));
    expect(statuses).toEqual(['in the listener closed closed', 'mirror closed', 'client closed']);
  });

  test('are told of a lost connection when all mirrors know', () => {
    const { client, mirror, server } = startMirrored();
    const other = client.mirror('/other');
    giveState(server, 5);
    const seen: string[] = [];
    mirror.on('status', () => seen.push(other.status));
    other.on('status', () => seen.push(mirror.status));
    server.end();
    expect(seen).toEqual(['stale', 'stale']);
  });

  test('that open the mirror anew get what is there', () => {
    const { client, mirror, server, watch } = startMirrored();
    const seen: (string | undefined)[] = [];
    mirror.on('change', () => seen.push(client.mirror('/app').value('/app/a')));
    server.say(next(watch, 6));
    expect(seen).toEqual(['6']);
  });
});

describe('mirrors of the same path', () => {
  test('share one watch; the second is ready at once', async () => {
    const { client, mirror, server } = startMirrored();
    const second = client.mirror('/app');
    expect(server.untaken).toEqual([]);
    expect(second).toMatchObject({ status: 'live', revision: 5 });
    expect(second.get('/app/a')).toBe(mirror.get('/app/a'));
    expect(await second.ready()).toEqual({ revision: 5 });
  });

  test('have their own listeners, and the last one to leave ends the watch', () => {
    const { changes, client, mirror, server, watch } = startMirrored();
    const second = client.mirror('/app');
    let calls = 0;
    second.on('change', () => calls++);
    mirror.close();
    mirror.close();
    expect(server.untaken).toEqual([]);
    server.say({
      type: 'commits',
      watch,
      from: 5,
      to: 6,
      commits: [commit(6, put('/app/a', '6'))],
    });
    expect([changes.length, calls]).toEqual([0, 1]);
    second.close();
    expect(server.take('unwatch').watch).toBe(watch);
  });

  test('that come after the last one ask anew, even for the same name', () => {
    const { client, mirror, server, watch } = startMirrored();
    mirror.close();
    const again = client.mirror('/app');
    server.say({
      type: 'commits',
      watch,
      from: 5,
      to: 6,
      commits: [commit(6, put('/app/a', '6'))],
    });
    server.say({ type: 'unwatched', id: server.take('unwatch').id });
    const { id, after } = server.take('watch');
    expect(after).toBeUndefined();
    server.say({ type: 'watching', id, watch, revision: 6 });
    server.say({ type: 'synced', watch, revision: 6 });
    expect(again).toMatchObject({ status: 'live', revision: 6, size: 0 });
  });

  test('a watch that nobody wants when its name comes is left', () => {
    const { client, server } = startConnected();
    client.mirror('/app').close();
    const watch = server.acceptWatch();
    expect(server.take('unwatch').watch).toBe(watch);
  });

  test('are forgotten while away when nobody wants them', async () => {
    const { clock, mirror, network, server } = startMirrored();
    server.end();
    mirror.close();
    await clock.advance(250);
    network.last.welcome();
    expect(network.last.untaken).toEqual(['hello']);
  });
});

describe('a watch that the server refuses', () => {
  test('for good fails its mirror alone', async () => {
    const { client, server } = startConnected();
    const mirror = client.mirror('/app');
    const ready = mirror.ready();
    const { id } = server.take('watch');
    server.say({ type: 'error', id, code: 'too_many_watches', message: 'enough' });
    await expect(ready).rejects.toMatchObject({ code: 'too_many_watches' });
    await expect(mirror.waitFor(1)).rejects.toMatchObject({ code: 'too_many_watches' });
    expect([mirror.status, client.status.kind]).toEqual(['failed', 'open']);
    client.mirror('/app');
    expect(server.untaken).toEqual(['watch']);
  });

  test('for now is asked for again', async () => {
    const { client, clock, server } = startConnected();
    const mirror = client.mirror('/app');
    const { id } = server.take('watch');
    server.say({ type: 'error', id, code: 'unavailable', message: 'not now' });
    await clock.advance(250);
    giveState(server, 5);
    expect(mirror.status).toBe('live');
  });
});

describe('changes()', () => {
  test('iterates from now on and ends with its mirror', async () => {
    const { mirror, server, watch } = startMirrored();
    const revisions: number[] = [];
    const reading = (async () => {
      for await (const { revision } of mirror.changes()) revisions.push(revision);
    })();
    for (const revision of [6, 7])
      server.say({
        type: 'commits',
        watch,
        from: revision - 1,
        to: revision,
        commits: [commit(revision, put('/app/a', `${revision}`))],
      });
    await settle();
    mirror.close();
    await reading;
    expect(revisions).toEqual([6, 7]);
  });

  test('merges what a slow reader has not read into the net difference', async () => {
    const { mirror, server, watch } = startMirrored();
    const changes = mirror.changes({ bufferMax: 2 });
    const a = mirror.get('/app/a');
    const commits = [
      commit(6, put('/app/a', '6'), put('/app/x', '6')),
      commit(7, put('/app/a', '7'), del('/app/b')),
      commit(8, del('/app/x')),
    ];
    server.say({ type: 'commits', watch, from: 5, to: 8, commits });
    server.say({
      type: 'commits',
      watch,
      from: 8,
      to: 9,
      commits: [commit(9, put('/app/c', '9'))],
    });
    expect((await changes.next()).value).toEqual({
      revision: 8,
      origin: 'resync',
      changes: [
        { type: 'put', path: '/app/a', entry: mirror.get('/app/a'), prev: a },
        { type: 'delete', path: '/app/b', cause: 'removed', prev: entry('/app/b', 'b', 2) },
      ],
    });
    expect((await changes.next()).value).toMatchObject({ revision: 9, origin: 'live' });
  });

  test('ends with its signal', async () => {
    const { mirror } = startMirrored();
    const controller = new AbortController();
    const next = mirror.changes({ signal: controller.signal }).next();
    controller.abort();
    expect(await next).toEqual({ done: true, value: undefined });
  });

  test('throws what made the mirror fail', async () => {
    const { mirror, server } = startMirrored();
    const next = mirror.changes().next();
    server.end(4403, 'no more');
    await expect(next).rejects.toMatchObject({ code: 'forbidden' });
  });
});

describe('closing', () => {
  test('ends what waits', async () => {
    const { client, server } = startConnected();
    const mirror = client.mirror('/app');
    const waits = [mirror.ready(), mirror.waitFor(5)];
    mirror.close();
    for (const wait of waits) await expect(wait).rejects.toMatchObject({ code: 'closed' });
    expect(server.untaken).toEqual(['watch']);
  });

  test('by a signal is the same', () => {
    const { client } = startConnected();
    const controller = new AbortController();
    const mirror = client.mirror('/app', { signal: controller.signal });
    controller.abort();
    expect(mirror.status).toBe('closed');
    expect(client.mirror('/app', { signal: controller.signal }).status).toBe('closed');
  });
});

function digestOf(...entries: [path: string, modRevision: number][]): string {
  const digest = new Digest();
  for (const [path, modRevision] of entries) digest.add(path, modRevision);
  return digest.toString();
}
