import { describe, expect, test } from 'vitest';
import { flushPromises } from '../../../shared/src/test-support/virtual-clock.ts';
import { ConflictError, TimeoutError } from '../errors.ts';
import { entry, startClient, startConnected } from '../test-support/scene.ts';

describe('a request', () => {
  test('gets the reply with its own number, in whatever order replies come', async () => {
    const { client, server } = startConnected();
    const [a, b] = [client.get('/a'), client.get('/b')];
    const [first, second] = [server.take('get'), server.take('get')];
    server.say({ type: 'got', id: second.id, revision: 1, entry: entry('/b', '2') });
    server.say({ type: 'got', id: first.id, revision: 1, entry: null });
    expect(await a).toBeUndefined();
    expect(await b).toMatchObject({ path: '/b', value: '2' });
  });

  test('that fails rejects with the typed error', async () => {
    const { client, server } = startConnected();
    const set = client.set('/a', '1', { ifRevision: 0 });
    const { id, conditions } = server.take('commit');
    expect(conditions).toEqual([{ path: '/a', modRevision: 0 }]);
    const current = entry('/a', '0', 4);
    server.say({ type: 'error', id, code: 'conflict', message: 'no', path: '/a', current });
    await expect(set).rejects.toBeInstanceOf(ConflictError);
    await expect(set).rejects.toMatchObject({ code: 'conflict', path: '/a', current });
  });

  test.each(['unavailable', 'storage_full'])(
    'that fails with %s is left to the caller',
    async (code) => {
      const { client, clock, server } = startConnected();
      const set = client.set('/a', '1');
      server.say({ type: 'error', id: server.take('commit').id, code, message: 'not now' });
      await expect(set).rejects.toMatchObject({ code });
      await clock.advance(9_000);
      expect(server.untaken).toEqual([]);
    },
  );

  test('that fails with a code of the future is told as an internal error', async () => {
    const { client, server } = startConnected();
    const get = client.get('/a');
    server.say({ type: 'error', id: server.take('get').id, code: 'fanfare', message: 'tata' });
    await expect(get).rejects.toMatchObject({ code: 'internal', message: 'fanfare: tata' });
  });

  test('that gets a reply of another type fails with an internal error', async () => {
    const { client, server } = startConnected();
    const get = client.get('/a');
    server.say({ type: 'unwatched', id: server.take('get').id });
    await expect(get).rejects.toMatchObject({ code: 'internal' });
  });
});

describe('a stale read', () => {
  test('W9 that is older than what was told before is asked again, and then not stale', async () => {
    const { client, server } = startConnected();
    const set = client.set('/a', '1');
    server.say({
      type: 'committed',
      id: server.take('commit').id,
      revision: 7,
      puts: 1,
      deletes: 0,
    });
    await set;
    const get = client.get('/a', { stale: true });
    const asked = server.take('get');
    expect(asked.stale).toBe(true);
    server.say({ type: 'got', id: asked.id, revision: 6, entry: null });
    await flushPromises();
    const again = server.take('get');
    expect(again.stale).toBe(false);
    server.say({ type: 'got', id: again.id, revision: 8, entry: entry('/a', '1', 7) });
    expect(await get).toMatchObject({ value: '1' });
    const list = client.list('/', { stale: true });
    const listed = server.take('list');
    server.say({ type: 'listed', id: listed.id, revision: 7, entries: [], folders: [] });
    await flushPromises();
    const { id, stale } = server.take('list');
    expect(stale).toBe(false);
    server.say({ type: 'listed', id, revision: 8, entries: [], folders: [] });
    expect(await list).toMatchObject({ revision: 8 });
  });

  test('that is as new as what was told before is taken', async () => {
    const { client, server } = startConnected();
    for (const revision of [7, 7, 9]) {
      const get = client.get('/a', { stale: true });
      server.say({ type: 'got', id: server.take('get').id, revision, entry: null });
      expect(await get).toBeUndefined();
    }
    expect(server.untaken).toEqual([]);
  });
});

describe('after a lost connection, the client', () => {
  test('S4: sends what is unanswered again, commits with the same request id', async () => {
    const { client, clock, network, server } = startConnected();
    const set = client.set('/a', '1');
    const get = client.get('/a');
    const [commit, read] = [server.take('commit'), server.take('get')];
    server.end();
    await clock.advance(250);
    network.last.welcome();
    expect(network.last.sent.slice(1)).toEqual([commit, read]);
    network.last.acceptCommit(7);
    network.last.say({ type: 'got', id: read.id, revision: 7, entry: null });
    expect(await set).toEqual({ revision: 7 });
    expect(await get).toBeUndefined();
  });

  test('S4: never gives two writes the same request id', () => {
    const { client, server } = startConnected();
    client.set('/a', '1').catch(() => {});
    client.set('/a', '1').catch(() => {});
    expect(server.take('commit').requestId).not.toBe(server.take('commit').requestId);
  });

  test('sends what was under way before what had to wait', async () => {
    const { client, clock, network, server } = startConnected();
    client.get('/1').catch(() => {});
    server.end();
    client.get('/2').catch(() => {});
    await clock.advance(250);
    network.last.welcome();
    expect([network.last.take('get').path, network.last.take('get').path]).toEqual(['/1', '/2']);
  });

  test('asks for its watches before it sends requests', async () => {
    const { client, network } = startClient();
    client.get('/a').catch(() => {});
    client.mirror('/a');
    network.last.welcome();
    expect(network.last.untaken).toEqual(['hello', 'watch', 'get']);
  });

  test('does not send requests again that were answered', async () => {
    const { client, clock, network, server } = startConnected();
    const set = client.set('/a', '1');
    server.acceptCommit(1);
    await set;
    server.end();
    await clock.advance(250);
    network.last.welcome();
    expect(network.last.untaken).toEqual(['hello']);
  });
});

describe('a call that waits', () => {
  test('ends with its time, over all tries, and says which server did not answer and why', async () => {
    const { client, clock, network } = startClient();
    const get = client.get('/a', { timeoutMs: 600 });
    const outcome = expect(get).rejects.toThrow(
      'no answer from http://one:7480 within 600 ms: connect ECONNREFUSED 127.0.0.1:7480',
    );
    for (const waitMs of [250, 350]) {
      network.last.end(1006, 'connect ECONNREFUSED 127.0.0.1:7480');
      await clock.advance(waitMs);
    }
    await outcome;
    await expect(get).rejects.toBeInstanceOf(TimeoutError);
  });

  test('that the server never answers names that server on an open connection, too', async () => {
    const { client, clock } = startConnected({ timeouts: { requestMs: 1_000 } });
    const outcome = expect(client.get('/a')).rejects.toThrow(
      /^no answer from http:\/\/one:7480 within 1000 ms$/,
    );
    await clock.advance(1_000);
    await outcome;
  });

  test('ends with its signal; what has not been sent never is', async () => {
    const { client, network } = startClient();
    const controller = new AbortController();
    const set = client.set('/a', '1', { signal: controller.signal });
    controller.abort(new Error('changed my mind'));
    await expect(set).rejects.toMatchObject({
      code: 'aborted',
      cause: { message: 'changed my mind' },
    });
    network.last.welcome();
    expect(network.last.untaken).toEqual(['hello']);
  });

  test('does not begin with a signal that is aborted', async () => {
    const { client, server } = startConnected();
    await expect(client.get('/a', { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'aborted',
    });
    expect(server.untaken).toEqual([]);
  });

  test('leaves no timer and no listener behind', async () => {
    const { client, clock, server } = startConnected();
    const idle = clock.pending;
    const controller = new AbortController();
    const get = client.get('/a', { signal: controller.signal });
    server.say({ type: 'got', id: server.take('get').id, revision: 1, entry: null });
    await get;
    controller.abort();
    expect(clock.pending).toBe(idle);
  });
});

describe('the bounds of requests:', () => {
  test('no more than `requestsMax` are under way; the rest goes out in order', async () => {
    const { client, network } = startClient();
    network.last.welcome({ requestsMax: 2 });
    const server = network.last;
    for (const path of ['/1', '/2', '/3', '/4']) client.get(path).catch(() => {});
    const [one, two] = [server.take('get'), server.take('get')];
    expect([one.path, two.path]).toEqual(['/1', '/2']);
    expect(server.untaken).toEqual(['hello']);
    server.say({ type: 'got', id: two.id, revision: 1, entry: null });
    expect(server.take('get').path).toBe('/3');
    expect(server.untaken).toEqual(['hello']);
  });

  test('W10: a server that takes any number gets no more than the protocol allows', async () => {
    const { client, network } = startClient();
    for (let i = 0; i < 1_100; i++) client.get('/a').catch(() => {});
    network.last.welcome({ requestsMax: 1_000_000 });
    expect(network.last.untaken.filter((type) => type === 'get')).toHaveLength(1_000);
  });

  test('a request that nobody waits for any more counts until it is answered', async () => {
    const { client, network } = startClient();
    network.last.welcome({ requestsMax: 1 });
    const server = network.last;
    const controller = new AbortController();
    client.get('/1', { signal: controller.signal }).catch(() => {});
    client.get('/2').catch(() => {});
    const { id } = server.take('get');
    controller.abort();
    expect(server.untaken).toEqual(['hello']);
    server.say({ type: 'got', id, revision: 1, entry: null });
    expect(server.take('get').path).toBe('/2');
  });

  test('a frame that the server would not take is refused here', async () => {
    const { client, network } = startClient();
    network.last.welcome({ messageBytesMax: 300 });
    network.last.take('hello');
    await expect(client.set('/a', 'ä'.repeat(150))).rejects.toMatchObject({ code: 'too_large' });
    client.set('/a', 'a'.repeat(150)).catch(() => {});
    expect(network.last.untaken).toEqual(['commit']);
  });

  test('no more bytes than `waitingBytesMax` are under way, unless it is one request', async () => {
    const { client, network } = startClient();
    network.last.welcome({ waitingBytesMax: 2_000 });
    const server = network.last;
    for (const path of ['/1', '/2', '/3']) client.set(path, 'x'.repeat(800)).catch(() => {});
    const { id } = server.take('commit');
    server.take('commit');
    expect(server.untaken).toEqual(['hello']);
    client.set('/4', 'x'.repeat(3_000)).catch(() => {});
    server.say({ type: 'committed', id, revision: 1, puts: 1, deletes: 0 });
    const rest = [server.take('commit')];
    expect(server.untaken).toEqual(['hello']);
    for (const each of [id + 1, rest[0]?.id ?? 0])
      server.say({ type: 'committed', id: each, revision: 2, puts: 1, deletes: 0 });
    expect(server.take('commit').operations).toMatchObject([{ path: '/4' }]);
  });

  test('what may be unanswered is bounded in bytes, too', async () => {
    const { client, server } = startConnected();
    const value = 'x'.repeat(1024 * 1024);
    const sets = Array.from({ length: 127 }, () => client.set('/a', value));
    await expect(client.set('/a', value)).rejects.toMatchObject({ code: 'too_many_requests' });
    server.acceptCommit(1);
    await sets[0];
    client.set('/a', value).catch(() => {});
    // Of those the server has as many as may wait there.
    expect(server.untaken).toHaveLength(63);
  });

  test('the queue of what waits to be sent is bounded', async () => {
    const { client } = startClient();
    const outcomes: unknown[] = [];
    for (let i = 0; i <= 10_000; i++) client.get('/a').catch((error) => outcomes.push(error));
    await flushPromises();
    expect(outcomes).toMatchObject([{ code: 'too_many_requests' }]);
  });
});
