import { Digest } from '@confer/shared';
import { describe, expect, test } from 'vitest';
import type { MirrorStatusChange } from '../status.ts';
import { commit, del, entry, put, startMirrored } from '../test-support/scene.ts';

describe('a mirror that was away', () => {
  test('W8: is stale at once, and live again with `synced`', async () => {
    const { clock, mirror, network, server } = startMirrored();
    const statuses: MirrorStatusChange[] = [];
    mirror.on('status', (change) => statuses.push(change));
    await clock.advance(5_000);
    server.say({ type: 'heartbeat', revision: 5 });
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
      { from: 'live', to: 'stale', reason: 'cable cut', attempt: 1, retryAt: lostAt + 250 },
      { from: 'stale', to: 'live', reason: 'synced' },
    ]);
  });

  test('W8: says when it asks for its watch again, after a frame that does not fit', () => {
    const { clock, mirror, server, watch } = startMirrored();
    const statuses: MirrorStatusChange[] = [];
    mirror.on('status', (change) => statuses.push(change));
    server.say({ type: 'commits', watch, from: 6, to: 7, commits: [] });
    expect(statuses).toEqual([
      {
        from: 'live',
        to: 'stale',
        reason: 'a gap from revision 5 to 6',
        retryAt: clock.now() + 250,
      },
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

  test('and gets a difference tells it as one change, when all of it is there', () => {
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

  test('and gets a resync tells the real difference, and keeps the identity of what is the same', () => {
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

  test('and gets a resync that brings nothing new tells nobody', () => {
    const { changes, mirror, server, watch } = startMirrored();
    server.say({ type: 'resync', watch, reason: 'compacted', epoch: 'e1' });
    const entries = [...mirror.list()];
    server.say({ type: 'snapshot', watch, revision: 20, entries });
    server.say({ type: 'synced', watch, revision: 20 });
    expect(changes).toEqual([]);
    expect(mirror).toMatchObject({ status: 'live', revision: 20 });
  });

  test('while the history became another one takes equal revision numbers for no proof', async () => {
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

  test('W9: does not believe a server that is behind, and asks it again ever later', async () => {
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

describe('W7: the digest of `synced`', () => {
  test('that is right is what diagnostics show of the mirror', () => {
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

  test('that differs is the reason that those are told who wait in vain', async () => {
    const { clock, mirror, server, watch } = startMirrored();
    server.say({ type: 'synced', watch, revision: 5, entries: 4 });
    const late = expect(mirror.waitFor(9, { timeoutMs: 1 })).rejects.toThrow(
      'the mirror of /app was not at revision 9 within 1 ms: its digest differs from that of the server',
    );
    await clock.advance(1);
    await late;
  });

  test('after a difference is compared before anyone sees the difference', () => {
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

function digestOf(...entries: [path: string, modRevision: number][]): string {
  const digest = new Digest();
  for (const [path, modRevision] of entries) digest.add(path, modRevision);
  return digest.toString();
}

describe('a mirror of a server that is out of touch', () => {
  test('W8 is stale since then, keeps what it shows, and is live again once the server is in touch', () => {
    const { mirror, server, clock } = startMirrored();
    const before = mirror.list();
    const told: string[] = [];
    mirror.on('status', ({ to }) => told.push(to));
    server.say({ type: 'heartbeat', revision: 5, behindMs: 4_000 });
    server.say({ type: 'heartbeat', revision: 5, behindMs: 4_000 });
    expect(mirror).toMatchObject({ status: 'stale', staleSince: clock.now() - 4_000 });
    expect(mirror.list()).toEqual(before);
    server.say({ type: 'heartbeat', revision: 6 });
    expect(mirror).toMatchObject({ status: 'live', staleSince: undefined, revision: 6 });
    expect(told).toEqual(['stale', 'live']);
  });

  test('W8 takes nothing of that over to another server', async () => {
    const { mirror, server, network, clock } = startMirrored();
    server.say({ type: 'heartbeat', revision: 5, behindMs: 4_000 });
    server.end(1006, 'cable cut');
    await clock.advance(1_000);
    network.last.welcome({ revision: 5 });
    const watch = network.last.acceptWatch();
    network.last.say({ type: 'synced', watch, revision: 5 });
    expect(mirror.status).toBe('live');
  });
});
