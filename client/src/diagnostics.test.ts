import { describe, expect, test } from 'vitest';
import { flushPromises } from '../../shared/src/test-support/virtual-clock.ts';
import {
  commit,
  giveState,
  put,
  startClient,
  startConnected,
  startMirrored,
} from './test-support/scene.ts';

const NO_RESYNCS = { compacted: 0, epoch: 0, gap: 0, digest: 0, misfit: 0 };

describe('diagnostics of the connection', () => {
  test('say so of a client that has reached no server yet', async () => {
    const { client, clock } = startClient({ client: { name: 'orders', version: '4.2' } });
    const startedAt = clock.now();
    await clock.advance(1_000);
    expect(client.diagnostics()).toMatchObject({
      now: startedAt + 1_000,
      client: { name: 'orders', version: '4.2', protocol: 1 },
      connection: {
        urls: ['ws://one:7480/v1'],
        url: 'ws://one:7480/v1',
        status: 'connecting',
        since: startedAt,
        attempts: 1,
        welcomes: 0,
        lastLoss: undefined,
        heardAt: undefined,
        welcome: undefined,
      },
      watches: [],
      listenerErrors: 0,
    });
  });

  test('name the server, the latest revision it named and when it was last heard', async () => {
    const { client, clock, network } = startClient();
    network.last.welcome({ epoch: 'e7', revision: 5 });
    const openedAt = clock.now();
    await clock.advance(10_000);
    network.last.say({ type: 'heartbeat', revision: 9 });
    await clock.advance(3_000);
    expect(client.diagnostics().connection).toMatchObject({
      status: 'open',
      since: openedAt,
      welcomes: 1,
      heardAt: openedAt + 10_000,
      welcome: { session: 's-1', epoch: 'e7', heartbeatMs: 10_000 },
      revision: 9,
    });
  });

  test('keep how the last connection ended, and say how the next one is tried', async () => {
    const { client, clock, network } = startClient({ urls: ['http://a', 'http://b'] });
    network.last.end(1006, 'cable cut');
    const endedAt = clock.now();
    await clock.advance(100);
    expect(client.diagnostics().connection).toMatchObject({
      url: 'ws://a/v1',
      status: 'waiting',
      since: endedAt,
      lastLoss: { at: endedAt, code: 1006, reason: 'cable cut' },
      retryAt: endedAt + 250,
      backoffMs: 500,
    });
    await clock.advance(150);
    network.last.welcome();
    expect(client.diagnostics().connection).toMatchObject({
      url: 'ws://b/v1',
      attempts: 2,
      welcomes: 1,
      lastLoss: { code: 1006 },
      retryAt: undefined,
    });
  });

  test('tell of a loss that this side declared, and of one without a socket', async () => {
    const silent = startConnected();
    await silent.clock.advance(30_001);
    const silence = { code: 4408, reason: 'the server was silent for 30000 ms' };
    expect(silent.client.diagnostics().connection.lastLoss).toMatchObject(silence);
    const tokenless = startClient({ token: () => Promise.reject(new Error('vault sealed')) });
    await flushPromises();
    const refusal = { code: undefined, reason: 'no token: vault sealed' };
    expect(tokenless.client.diagnostics().connection.lastLoss).toMatchObject(refusal);
  });

  test('tell why the server refused the client', () => {
    const { client, clock, server } = startConnected();
    server.end(4401, 'not you');
    const { connection } = client.diagnostics();
    expect(connection).toMatchObject({
      status: 'waiting',
      lastLoss: { code: 4401, reason: 'refused (unauthenticated): not you' },
      retryAt: clock.now() + 250,
    });
  });

  test('can be had of a closed client', async () => {
    const { client, server } = startMirrored();
    const closed = client.close();
    server.end(1000, '');
    await closed;
    expect(client.diagnostics()).toMatchObject({ connection: { status: 'closed' }, watches: [] });
  });
});

describe('diagnostics of requests and listeners', () => {
  test('count the requests without an answer and give the age of the oldest, also over a lost connection', async () => {
    const { client, clock, server } = startConnected();
    expect(client.diagnostics().requests).toEqual({ unanswered: 0, oldestMs: undefined });
    const pending = [client.get('/a'), client.get('/b')];
    await clock.advance(2_000);
    pending.push(client.set('/c', '1').then(() => undefined));
    await clock.advance(1_000);
    expect(client.diagnostics().requests).toEqual({ unanswered: 3, oldestMs: 3_000 });
    const { id } = server.take('get');
    server.say({ type: 'got', id, revision: 1, entry: null });
    server.end();
    await clock.advance(100);
    expect(client.diagnostics().requests).toEqual({ unanswered: 2, oldestMs: 3_100 });
    await Promise.all([client.close(), Promise.allSettled(pending)]);
  });

  test('count the errors that listeners threw', () => {
    const { client, mirror, server, watch } = startMirrored();
    mirror.on('change', () => {
      throw new Error('my own');
    });
    for (const to of [6, 7])
      server.say({
        type: 'commits',
        watch,
        from: to - 1,
        to,
        commits: [commit(to, put('/app/a', `${to}`))],
      });
    expect(client.diagnostics().listenerErrors).toBe(2);
  });
});

describe('diagnostics of watches', () => {
  test('show a mirror: where it is, what it holds, what it was sent', () => {
    const { client, server, watch } = startMirrored();
    client.mirror('/app');
    const changes = [put('/app/a', '2'), put('/app/d', '2', 6)];
    server.say({ type: 'commits', watch, from: 5, to: 6, commits: [commit(6, ...changes)] });
    expect(client.diagnostics().watches).toEqual([
      {
        path: '/app',
        mode: 'state',
        status: 'live',
        link: 'named',
        position: { epoch: 'e1', revision: 6 },
        staleSince: undefined,
        mirrors: 2,
        entries: 4,
        digest: expect.stringMatching(/^[0-9a-f]{16}$/),
        proofs: { held: 0, failed: 0 },
        commits: 1,
        changes: 2,
        resyncs: NO_RESYNCS,
        lastResync: undefined,
      },
    ]);
  });

  test('say since when a mirror is stale', async () => {
    const { client, clock, server } = startMirrored();
    const lostAt = clock.now();
    server.end();
    await clock.advance(200);
    expect(client.diagnostics().watches).toMatchObject([
      { status: 'stale', staleSince: lostAt, link: 'unknown', position: { revision: 5 } },
    ]);
  });

  test('count resyncs by their reason, and keep the last one', async () => {
    const { client, clock, network, server, watch } = startMirrored();
    const report = () => client.diagnostics().watches[0];
    server.say({ type: 'resync', watch, reason: 'compacted', epoch: 'e1' });
    server.say({ type: 'synced', watch, revision: 6, digest: '0000000000000001' });
    expect(report()).toMatchObject({
      link: 'pausing',
      status: 'stale',
      proofs: { held: 0, failed: 1 },
      resyncs: { ...NO_RESYNCS, compacted: 1, digest: 1 },
      lastResync: { at: clock.now(), reason: 'digest' },
    });
    await clock.advance(250);
    const second = giveState(server, 7);
    await clock.advance(50);
    server.say({ type: 'commits', watch: second, from: 8, to: 9, commits: [] });
    expect(report()).toMatchObject({
      resyncs: { ...NO_RESYNCS, compacted: 1, digest: 1, gap: 1 },
      lastResync: { at: clock.now(), reason: 'gap' },
    });
    server.end();
    await clock.advance(250);
    network.last.welcome({ epoch: 'e2' });
    const third = network.last.acceptWatch();
    network.last.say({ type: 'snapshot', watch: third, revision: 1, entries: [] });
    expect(report()).toMatchObject({ lastResync: { reason: 'misfit' } });
    await clock.advance(30_000);
    const fourth = network.last.acceptWatch();
    network.last.say({ type: 'resync', watch: fourth, reason: 'epoch', epoch: 'e2' });
    expect(report()?.resyncs).toEqual({ compacted: 1, epoch: 1, gap: 1, digest: 1, misfit: 1 });
  });

  test('show a mirror that failed, for as long as it is open', () => {
    const { client, server } = startConnected();
    const mirror = client.mirror('/app');
    const { id } = server.take('watch');
    server.say({ type: 'error', id, code: 'too_many_watches', message: 'no more' });
    expect(client.diagnostics().watches).toMatchObject([{ path: '/app', status: 'failed' }]);
    mirror.close();
    expect(client.diagnostics().watches).toEqual([]);
  });

  test('show an iterator, and what waits for its reader', () => {
    const { client, server } = startConnected();
    client.watch('/app');
    const watch = server.acceptWatch(5);
    const six = commit(6, put('/app/a', '1'));
    server.say({ type: 'commits', watch, from: 5, to: 6, commits: [six] });
    expect(client.diagnostics().watches).toMatchObject([
      { path: '/app', mode: 'events', status: 'live', link: 'named', waiting: 1, commits: 1 },
    ]);
    const many = Array.from({ length: 1_001 }, (_, i) => commit(7 + i, put('/app/a', '1')));
    server.say({ type: 'commits', watch, from: 6, to: 1_007, commits: many });
    expect(client.diagnostics().watches).toMatchObject([{ link: 'held', waiting: 1_002 }]);
  });
});

describe('diagnostics as a whole', () => {
  test('are JSON, and hold neither values nor secrets', async () => {
    const { client, network, clock } = startClient({
      urls: 'http://anna:pass-word@one:7480/?key=query-secret',
      token: 'token-secret',
      client: { name: 'orders', labels: { zone: 'a' } },
    });
    network.last.welcome();
    client.mirror('/app');
    const watch = giveState(network.last, 0);
    const secret = commit(1, put('/app/a', 'value-secret'));
    network.last.say({ type: 'commits', watch, from: 0, to: 1, commits: [secret] });
    const write = client.set('/app/b', 'written-secret');
    network.last.end();
    await clock.advance(10);
    const text = JSON.stringify(client.diagnostics());
    expect(JSON.parse(text)).toEqual(client.diagnostics());
    expect(text).not.toMatch(/secret|anna|pass-word/);
    await Promise.all([client.close(), Promise.allSettled([write])]);
  });

  test('are of bounded size, and what is not live comes first', async () => {
    const { client, server } = startConnected({ client: { name: 'orders' } });
    for (let i = 0; i < 149; i++) {
      client.mirror(`/app/${i}`);
      giveState(server, 5);
    }
    client.mirror('/ill');
    const { watches, watchesOmitted } = client.diagnostics();
    expect(watches.slice(0, 2)).toMatchObject([
      { path: '/ill', status: 'syncing' },
      { path: '/app/0', status: 'live' },
    ]);
    expect([watches.length, watchesOmitted]).toEqual([100, 50]);
  });

  test('cut a reason that somebody else made long', async () => {
    const { client } = startClient({ token: () => Promise.reject(new Error('x'.repeat(10_000))) });
    await flushPromises();
    expect(client.diagnostics().connection.lastLoss?.reason).toHaveLength(200);
  });
});
