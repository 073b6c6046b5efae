import { describe, expect, it, vi } from 'vitest';
import { administrationOf } from '../admin.ts';
import type { MirrorChange } from '../api.ts';
import { startTestServer } from '../testing.ts';

/** A server with one client and its mirror of everything, ready. */
async function mirrored(data = {}) {
  const server = startTestServer(data);
  const errors: unknown[] = [];
  const client = server.connect({
    client: { name: 'app' },
    onError: (error) => errors.push(error),
  });
  const mirror = client.mirror('/');
  const changes: MirrorChange[] = [];
  const statuses: string[] = [];
  mirror.on('change', (change) => changes.push(change));
  mirror.on('status', ({ to }) => statuses.push(to));
  await mirror.ready();
  return { server, client, mirror, changes, statuses, errors };
}

describe('a server in memory', () => {
  it('has its first values there once a mirror is ready, without a word about time', async () => {
    const { server, mirror } = await mirrored({
      '/shop/port': '8080',
      '/shop/db': { pool: 20, hosts: ['a', 'b'], name: '20', off: {} },
    });
    expect(mirror.list().map(({ path, value }) => [path, value])).toEqual([
      ['/shop/db/hosts', '["a","b"]'],
      ['/shop/db/name', '"20"'],
      ['/shop/db/off', '{}'],
      ['/shop/db/pool', '20'],
      ['/shop/port', '8080'],
    ]);
    expect([mirror.status, mirror.revision, server.revision]).toEqual(['live', 1, 1]);
  });

  it('has told everybody when a write of the test returns, once a commit, with what was before', async () => {
    const { server, changes } = await mirrored({ '/a': '1', '/b/c': '1', '/b/d': '1' });
    await server.set('/a', '2', { note: 'why' });
    expect(changes).toMatchObject([
      {
        ...{ revision: 2, origin: 'live', commit: { actor: 'test', note: 'why' } },
        changes: [{ type: 'put', path: '/a', entry: { value: '2' }, prev: { value: '1' } }],
      },
    ]);
    await server.commit([
      { type: 'delete', path: '/b', recursive: true },
      { type: 'put', path: '/b/d', value: '2' },
    ]);
    expect(changes[1]?.changes).toMatchObject([
      { type: 'delete', path: '/b/c' },
      { type: 'put', path: '/b/d', entry: { version: 2, createRevision: 1 } },
    ]);
    await server.remove('/b/d');
    expect(await server.remove('/b/d')).toEqual({ revision: 4 });
    expect(changes).toHaveLength(3);
  });

  it('W1 W3 has told a watch at once, also after commits elsewhere', async () => {
    const { server, client } = await mirrored();
    const shop = client.mirror('/shop');
    await shop.ready();
    await server.set('/elsewhere', '1');
    await server.set('/shop/a', '1');
    expect(shop.value('/shop/a')).toBe('1');
    expect(shop.status).toBe('live');
  });

  it('S3 S4 W12 takes writes of a client, with conditions, which its mirrors show when they return', async () => {
    const { server, client, mirror } = await mirrored({ '/a': '1' });
    const { revision } = await client.set('/a', '2', { ifRevision: 1 });
    expect(mirror.value('/a')).toBe('2');
    expect(mirror.get('/a')).toMatchObject({ modRevision: revision, updatedBy: 'app' });
    const conflict = client.commit({
      operations: [
        { type: 'put', path: '/a', value: '3' },
        { type: 'put', path: '/b', value: '3' },
      ],
      conditions: [{ path: '/a', modRevision: 1 }],
    });
    await expect(conflict).rejects.toMatchObject({ code: 'conflict', current: { value: '2' } });
    expect([server.get('/a')?.value, server.get('/b')]).toEqual(['2', undefined]);
  });

  it('S4 makes a write once whose answer is lost with the connection', async () => {
    const { server, client } = await mirrored();
    const writing = client.set('/a', '1');
    // Turn by turn of the promises: the request has arrived, and its answer has not.
    while (server.revision === 0) await Promise.resolve();
    await server.disconnect();
    await server.advance(1_000);
    expect(await writing).toEqual({ revision: 1 });
    expect(server.get('/a')?.version).toBe(1);
  });

  it('takes a commit of many operations in parts, and tells it as one change', async () => {
    const { client, changes, mirror } = await mirrored();
    const operations = Array.from({ length: 12_000 }, (_, i) => ({
      ...{ type: 'put', path: `/many/${i}`, value: `${i}` },
    })) satisfies { type: 'put' }[];
    expect(await client.commit({ operations })).toEqual({ revision: 1, puts: 12_000, deletes: 0 });
    expect(changes.map((change) => change.changes.length)).toEqual([12_000]);
    expect([mirror.size, await mirror.verify()]).toEqual([12_000, true]);
  });

  it('lists pages, depths and past revisions as a server does', async () => {
    const { server, client } = await mirrored({ '/a': '1', '/a/b/c': '1', '/a/b': '1', '/d': '1' });
    const listing = await client.list('/', { depth: 1, values: false });
    expect(listing.entries.map(({ path }) => path)).toEqual(['/a', '/d']);
    expect(listing.folders).toEqual(['/a']);
    expect(listing.entries[0]).not.toHaveProperty('value');
    await server.commit(
      Array.from({ length: 10_001 }, (_, i) => ({ type: 'put', path: `/p/${i}`, value: '' })),
    );
    expect((await client.list('/p')).entries).toHaveLength(10_001);
  });

  it('W3 tells an event watch every commit, and that it missed some when history was dropped', async () => {
    const { server, client } = await mirrored();
    const watch = client.watch('/a', { prev: true });
    await watch.started();
    await server.set('/b', '1');
    await server.set('/a/x', '1');
    await server.disconnect();
    await server.set('/a/x', '2');
    await server.advance(1_000);
    expect((await watch.next()).value).toMatchObject({ revision: 2 });
    expect((await watch.next()).value).toMatchObject({
      ...{ revision: 3, changes: [{ prev: { value: '1' } }] },
    });
    await server.disconnect();
    await server.set('/a/x', '3');
    await server.compact();
    await server.advance(1_000);
    await expect(watch.next()).rejects.toMatchObject({ code: 'compacted', reason: 'compacted' });
  });

  it('names what is wrong with an argument as a client would, and changes nothing', async () => {
    const { server } = await mirrored();
    const wrong = [
      [server.set('a', '1'), 'invalid_path'],
      [server.set('/.confer/a', '1'), 'reserved_path'],
      [server.set('/a', 'x'.repeat(1_048_577)), 'too_large'],
      [server.set('/a', { 'b/c': 1 }), 'invalid_path'],
      [server.set('/a', '1', { note: 'x'.repeat(1_025) }), 'too_large'],
      [server.commit([]), 'invalid_message'],
      [server.compact(1), 'future_revision'],
      [server.advance(Number.POSITIVE_INFINITY), 'invalid_argument'],
      [server.advance(-1), 'invalid_argument'],
      [server.thaw(), 'invalid_argument'],
      [server.start(), 'invalid_argument'],
      [server.restore({ a: '1' }), 'invalid_path'],
    ] as const;
    for (const [done, code] of wrong) await expect(done).rejects.toMatchObject({ code });
    expect(server.revision).toBe(0);
    // @ts-expect-error: what callers in JavaScript may do
    expect(() => startTestServer({ '/a': undefined })).toThrow('no data');
  });

  it('says who asks, and that it has neither roles nor tokens', async () => {
    const { client } = await mirrored();
    const { whoami, roles } = administrationOf(client);
    expect(await whoami()).toMatchObject({ principal: 'app', kind: 'anyone' });
    await expect(roles.list()).rejects.toMatchObject({ code: 'forbidden' });
  });

  it('goes on under the fake timers of a test runner', async () => {
    const { server, mirror } = await mirrored();
    vi.useFakeTimers({ toFake: ['setTimeout', 'setImmediate', 'queueMicrotask', 'Date'] });
    try {
      await server.set('/a', '1');
      expect(mirror.value('/a')).toBe('1');
    } finally {
      vi.useRealTimers();
    }
  });

  it('reports what a listener throws, and goes on', async () => {
    const { server, mirror, errors } = await mirrored();
    mirror.on('change', () => {
      throw new Error('a bug of the application');
    });
    await server.set('/a', '1');
    await server.set('/a', '2');
    expect([mirror.value('/a'), errors.length]).toEqual(['2', 2]);
  });

  it('ends its clients when it is closed, and lets a write fail that waited', async () => {
    const { server, client, statuses } = await mirrored();
    await server.freeze();
    const waiting = client.get('/a');
    const refused = expect(waiting).rejects.toMatchObject({ code: 'closed' });
    await server.close();
    await refused;
    expect([client.status.kind, statuses.at(-1)]).toEqual(['closed', 'closed']);
  });
});
