import type { Entry, Listed } from '@confer/shared';
import { describe, expect, test } from 'vitest';
import { flushPromises } from '../../shared/src/test-support/virtual-clock.ts';
import { entry, giveState, startClient, startConnected } from './test-support/scene.ts';

describe('a call with a wrong argument', () => {
  // The types refuse these; callers in JavaScript have no types.
  const notText: string = JSON.parse('8080');

  test.each([
    ['get', 'invalid_path', () => startConnected().client.get('a')],
    ['get the root', 'invalid_path', () => startConnected().client.get('/')],
    ['get no text', 'invalid_path', () => startConnected().client.get(notText)],
    ['list', 'invalid_path', () => startConnected().client.list('/a/')],
    ['set a path', 'invalid_path', () => startConnected().client.set('/a//b', '1')],
    ['set no text', 'invalid_value', () => startConnected().client.set('/a', notText)],
    ['set half a character', 'invalid_value', () => startConnected().client.set('/a', '\ud800')],
    ['remove the root alone', 'invalid_path', () => startConnected().client.remove('/')],
    ['commit nothing', 'invalid_message', () => startConnected().client.commit({ operations: [] })],
  ])('%s is refused before it travels, with the code %s', async (_, code, call) => {
    await expect(call()).rejects.toMatchObject({ name: 'ConferError', code });
  });

  test('throws at once, where it opens a mirror or a watch', () => {
    const { client } = startConnected();
    expect(() => client.mirror('a')).toThrow('a path starts with "/"');
    expect(() => client.watch('/a/')).toThrow('does not end with "/"');
  });

  test('throws at once, where connect is given what is no URL', () => {
    expect(() => startClient({ urls: 'localhost:7480' })).toThrow(
      expect.objectContaining({ code: 'invalid_argument' }),
    );
  });
});

describe('a request to a connected server', () => {
  test('that removes returns how many entries went', async () => {
    const { client, server } = startConnected();
    const remove = client.remove('/', { recursive: true, note: 'clean' });
    expect(server.sent[0]).toMatchObject({
      operations: [{ type: 'delete', path: '/', recursive: true }],
      note: 'clean',
    });
    server.acceptCommit(4, 0, 17);
    expect(await remove).toEqual({ revision: 4, removed: 17 });
  });

  test('that compacts returns where history begins', async () => {
    const { client, server } = startConnected();
    const all = client.compact();
    const first = server.take('compact');
    expect(first).not.toHaveProperty('revision');
    server.say({ type: 'compaction', id: first.id, compactedRevision: 9 });
    expect(await all).toEqual({ compactedRevision: 9 });
    const some = client.compact(4);
    const second = server.take('compact');
    expect(second.revision).toBe(4);
    server.say({ type: 'compaction', id: second.id, compactedRevision: 9 });
    expect(await some).toEqual({ compactedRevision: 9 });
  });

  test('for the status returns it without the fields of the protocol', async () => {
    const { client, server } = startConnected();
    const status = client.serverStatus();
    const { id } = server.take('status');
    const answer = {
      epoch: 'e1',
      revision: 1,
      compactedRevision: 0,
      entries: 1,
      engine: 'memory',
      version: '0.1.0',
      connections: 1,
      watches: 0,
      uptimeMs: 5,
    };
    server.say({ type: 'status', id, ...answer });
    expect(await status).toEqual(answer);
  });
});

describe('a list of several pages', () => {
  test('is read at the revision of its first page', async () => {
    const { client, server } = startConnected();
    const list = client.list('/a', { depth: 1 });
    const first = server.take('list');
    expect(first).toMatchObject({ path: '/a', depth: 1 });
    server.say({
      type: 'listed',
      id: first.id,
      revision: 7,
      entries: [entry('/a/1', '1')],
      folders: ['/a/1'],
      next: '/a/1',
    });
    await flushPromises();
    const second = server.take('list');
    expect(second).toMatchObject({ path: '/a', depth: 1, at: 7, after: '/a/1' });
    server.say({
      type: 'listed',
      id: second.id,
      revision: 7,
      entries: [entry('/a/2', '2')],
      folders: [],
    });
    expect(await list).toEqual({
      revision: 7,
      entries: [entry('/a/1', '1'), entry('/a/2', '2')],
      folders: ['/a/1'],
    });
  });

  test('begins anew when its revision is gone, but not for ever', async () => {
    const { client, server } = startConnected();
    const list = client.list('/a');
    const outcome = expect(list).rejects.toMatchObject({ code: 'compacted' });
    for (let starts = 0; starts < 3; starts++) {
      const first = server.take('list');
      expect(first).not.toHaveProperty('at');
      server.say({
        type: 'listed',
        id: first.id,
        revision: starts,
        entries: [],
        folders: [],
        next: '/a/1',
      });
      await flushPromises();
      const { id } = server.take('list');
      server.say({ type: 'error', id, code: 'compacted', message: 'gone', compactedRevision: 9 });
      await flushPromises();
    }
    await outcome;
  });

  test('is of one history: it begins anew where a page comes from another', async () => {
    const { client, clock, network, server } = startConnected();
    const list = client.list('/a');
    const page = (id: number, ...entries: Entry[]): Listed => ({
      type: 'listed',
      id,
      revision: 7,
      entries,
      folders: [],
    });
    const first = server.take('list');
    server.say({ ...page(first.id, entry('/a/1', 'old')), next: '/a/1' });
    await flushPromises();
    server.end();
    await clock.advance(250);
    network.last.welcome({ epoch: 'e2' });
    const second = network.last.take('list');
    network.last.say(page(second.id, entry('/a/2', 'new')));
    await flushPromises();
    const again = network.last.take('list');
    expect(again).not.toHaveProperty('at');
    network.last.say(page(again.id, entry('/a/2', 'new')));
    expect((await list).entries).toEqual([entry('/a/2', 'new')]);
  });

  test('has one timeout for all its pages', async () => {
    const { client, clock, server } = startConnected();
    const outcome = expect(client.list('/a', { timeoutMs: 1_000 })).rejects.toThrow(
      'no answer from http://one:7480 within 1000 ms',
    );
    await clock.advance(600);
    const { id } = server.take('list');
    server.say({ type: 'listed', id, revision: 7, entries: [], folders: [], next: '/a/1' });
    await flushPromises();
    await clock.advance(400);
    await outcome;
  });
});

describe('heartbeats of the server', () => {
  test('are answered with the least that the watches have applied', () => {
    const { client, server } = startConnected();
    client.mirror('/a');
    client.mirror('/b');
    giveState(server, 5);
    const watch = server.acceptWatch(5);
    server.say({ type: 'synced', watch, revision: 5 });
    server.say({ type: 'difference', watch, from: 5, to: 9, changes: [] });
    server.say({ type: 'heartbeat', revision: 9 });
    expect(server.take('heartbeat').applied).toBe(5);
  });

  test('are answered with their own revision where there is no watch', () => {
    const { server } = startConnected();
    server.say({ type: 'heartbeat', revision: 9 });
    expect(server.take('heartbeat').applied).toBe(9);
  });
});

describe('closing a client', () => {
  test('ends every call, watch and mirror, and leaves no timer', async () => {
    const { client, clock, server } = startConnected();
    const mirror = client.mirror('/a');
    giveState(server, 1);
    const watch = client.watch('/a');
    const statuses: string[] = [];
    client.on('status', ({ kind }) => statuses.push(kind));
    const waits = [client.get('/a'), client.set('/a', '1'), mirror.waitFor(9), watch.started()];
    const next = watch.next();
    const closed = client.close();
    expect(client.close()).toBeInstanceOf(Promise);
    for (const wait of waits) await expect(wait).rejects.toMatchObject({ code: 'closed' });
    expect(await next).toEqual({ done: true, value: undefined });
    expect([mirror.status, client.status.kind]).toEqual(['closed', 'closed']);
    expect(server.closedBy?.code).toBe(1000);
    server.end(1000, '');
    await closed;
    await client[Symbol.asyncDispose]();
    expect(statuses).toEqual(['closed']);
    expect(clock.pending).toBe(0);
  });

  test('does not wait for ever for the server to agree', async () => {
    const { client, clock } = startConnected();
    const closed = client.close();
    await clock.advance(3_000);
    await closed;
    expect(clock.pending).toBe(0);
  });

  test.each(['connecting', 'waiting'])(
    'is done at once while the connection is %s',
    async (kind) => {
      const { client, clock, network } = startClient();
      if (kind === 'waiting') network.last.end();
      expect(client.status.kind).toBe(kind);
      const closed = client.close();
      if (kind === 'connecting') network.last.end();
      await closed;
      expect(client.status.kind).toBe('closed');
      expect(clock.pending).toBe(0);
      await clock.advance(60_000);
      expect(network.connections).toHaveLength(1);
    },
  );

  test('makes it refuse every later call', async () => {
    const { client, server } = startConnected();
    const closed = client.close();
    server.end(1000);
    await closed;
    await expect(client.get('/a')).rejects.toMatchObject({ code: 'closed' });
    expect(() => client.mirror('/a')).toThrow('closed');
    expect(() => client.watch('/a')).toThrow('closed');
  });

  test('makes a token that is still asked for come to nothing', async () => {
    const { client, clock, network } = startClient({ token: () => Promise.resolve('t') });
    await client.close();
    await flushPromises();
    expect(network.connections).toHaveLength(0);
    expect(clock.pending).toBe(0);
  });
});

test('an `onError` that throws does not stop the client', () => {
  const { client, server } = startConnected({
    onError: () => {
      throw new Error('in onError');
    },
  });
  const printed: unknown[] = [];
  const original = console.error;
  console.error = (error: unknown) => printed.push(error);
  try {
    server.sayRaw('nonsense');
  } finally {
    console.error = original;
  }
  expect(printed).toMatchObject([{ message: 'in onError' }]);
  expect(client.status.kind).toBe('waiting');
});
