import { describe, expect, test } from 'vitest';
import { flushPromises } from '../../../shared/src/test-support/virtual-clock.ts';
import { giveState, startClient, startConnected } from '../test-support/scene.ts';

describe('a client that connects', () => {
  test('starts at once and says hello with who it is', () => {
    const { client, network } = startClient({
      token: 't',
      client: { name: 'orders', version: '1', labels: { zone: 'a' } },
    });
    expect(network.last.url).toBe('ws://one:7480/v1');
    expect(client.status).toEqual({ kind: 'connecting', url: 'http://one:7480', attempt: 1 });
    network.last.open();
    expect(network.last.sent).toEqual([
      {
        type: 'hello',
        version: 1,
        token: 't',
        client: { name: 'orders', version: '1', labels: { zone: 'a' } },
      },
    ]);
  });

  test('is open with `welcome`, and sends nothing between hello and that', () => {
    const { client, network } = startClient();
    client.get('/a').catch(() => {});
    network.last.open();
    expect(network.last.untaken).toEqual(['hello']);
    network.last.welcome({ epoch: 'e7' });
    expect(client.status).toEqual({ kind: 'open', url: 'http://one:7480', epoch: 'e7' });
    expect(network.last.untaken).toContain('get');
  });

  test('gives an attempt up that has no welcome in time', async () => {
    const { client, clock, network } = startClient({ timeouts: { connectMs: 1_000 } });
    network.last.open();
    await clock.advance(1_000);
    expect(network.last.closedBy?.code).toBe(4408);
    expect(client.status).toMatchObject({
      kind: 'waiting',
      reason: 'a welcome did not come within 1000 ms',
    });
  });

  test('W8: says which attempt in a row it makes, and counts anew after a connection that was of use for a while', async () => {
    const { client, clock, network } = startClient();
    const told: unknown[] = [];
    client.on('status', (status) => told.push('attempt' in status ? status.attempt : status.kind));
    network.last.end();
    await clock.advance(250);
    network.last.welcome();
    network.last.say({ type: 'heartbeat', revision: 0 });
    network.last.end();
    await clock.advance(500);
    network.last.welcome();
    await clock.advance(5_000);
    network.last.say({ type: 'heartbeat', revision: 0 });
    network.last.end();
    await clock.advance(250);
    expect(told).toEqual([2, 2, 'open', 3, 3, 'open', 1, 1]);
  });

  test('goes from one server to the next, each after a longer wait', async () => {
    const { client, clock, network } = startClient({ urls: ['http://a', 'http://b'] });
    const waits: number[] = [];
    client.on('status', (status) => {
      if (status.kind === 'waiting') waits.push(status.retryAt - clock.now());
    });
    for (let i = 0; i < 3; i++) {
      network.last.end();
      await clock.advance(waits.at(-1) ?? 0);
    }
    expect(network.connections.map(({ url }) => url)).toEqual([
      'ws://a/v1',
      'ws://b/v1',
      'ws://a/v1',
      'ws://b/v1',
    ]);
    expect(waits).toEqual([250, 500, 1_000]);
  });

  test('tells its listeners each status once', async () => {
    const { client, clock, network } = startClient({ token: () => 't' });
    const kinds: string[] = [];
    client.on('status', ({ kind }) => kinds.push(kind));
    await flushPromises();
    network.last.welcome();
    network.last.end();
    await clock.advance(250);
    expect(kinds).toEqual(['open', 'waiting', 'connecting']);
  });
});

describe('the token', () => {
  test('is asked for before every attempt', async () => {
    let asked = 0;
    const { clock, network } = startClient({ token: () => `t${++asked}` });
    await flushPromises();
    network.last.open();
    expect(network.last.take('hello').token).toBe('t1');
    network.last.end();
    await clock.advance(250);
    network.last.open();
    expect(network.last.take('hello').token).toBe('t2');
  });

  test.each([
    ['rejects', () => Promise.reject(new Error('vault sealed'))],
    [
      'throws',
      () => {
        throw new Error('vault sealed');
      },
    ],
  ])('that %s is a failed attempt', async (_, token) => {
    const { client, clock, network } = startClient({ token });
    await flushPromises();
    expect(client.status).toMatchObject({ kind: 'waiting', reason: 'no token: vault sealed' });
    await clock.advance(250);
    expect(client.status).toMatchObject({ kind: 'waiting' });
    expect(network.connections).toHaveLength(0);
  });

  test('that never comes is a failed attempt, and is of no use later', async () => {
    const answers: ((token: string) => void)[] = [];
    const token = () => new Promise<string>((resolve) => answers.push(resolve));
    const { client, clock, network } = startClient({ token });
    await clock.advance(5_000);
    expect(client.status).toMatchObject({ kind: 'waiting' });
    answers[0]?.('late');
    await flushPromises();
    expect(network.connections).toHaveLength(0);
  });
});

describe('a lost connection', () => {
  test('W8: is one over which nothing came for three heartbeats, too', async () => {
    const { client, clock, server } = startConnected();
    await clock.advance(29_999);
    server.say({ type: 'heartbeat', revision: 0 });
    await clock.advance(29_999);
    expect(client.status.kind).toBe('open');
    await clock.advance(2);
    expect(server.closedBy?.code).toBe(4408);
    expect(client.status).toMatchObject({ reason: 'the server was silent for 30000 ms' });
  });

  test('is opened again after the time that a goodbye names, then as after any loss', async () => {
    const { client, clock, network, server } = startConnected();
    server.say({ type: 'goodbye', code: 'shutting_down', message: 'stopping', retryInMs: 1_840 });
    server.end(1012, 'stopping');
    await clock.advance(1_839);
    expect(network.connections).toHaveLength(1);
    await clock.advance(1);
    expect(network.connections).toHaveLength(2);
    network.last.end();
    expect(client.status).toMatchObject({ retryAt: clock.now() + 500 });
  });

  test('W10: is not opened again at once for ever because a goodbye says so', async () => {
    const { clock, network } = startClient();
    network.onOpened = (connection) => {
      connection.welcome();
      connection.say({ type: 'goodbye', code: 'shutting_down', message: 'bye', retryInMs: 0 });
      connection.end(1012, 'bye');
    };
    await flushPromises();
    await clock.advance(60_000);
    expect(network.connections.length).toBeLessThan(12);
  });

  test.each([
    ['dies after each `synced`', undefined],
    ['sends a digest that is wrong, and dies', '0123456789abcdef'],
  ])('W10: is opened again ever later to a server that %s', async (_, digest) => {
    const { client, clock, network } = startClient();
    client.mirror('/a');
    network.onOpened = (connection) => {
      connection.welcome();
      const watch = connection.acceptWatch(1);
      connection.say({ type: 'synced', watch, revision: 1, ...(digest && { digest, entries: 1 }) });
      connection.end();
    };
    await flushPromises();
    await clock.advance(60_000);
    expect(network.connections.length).toBeLessThan(12);
  });

  test('S1: is opened again soon enough for the next request, though the server dies after each answer', async () => {
    const { client, clock, network } = startClient();
    for (let i = 1; i <= 30; i++) {
      const write = client.set('/a', `${i}`);
      await clock.advance(4_000);
      expect(network.connections).toHaveLength(i);
      network.last.welcome();
      network.last.acceptCommit(i);
      network.last.end();
      expect(await write).toEqual({ revision: i });
    }
  });

  test('does not reset the backoff because a socket opened', async () => {
    const { client, clock, network } = startClient();
    network.last.welcome();
    network.last.end();
    await clock.advance(250);
    network.last.welcome();
    network.last.end();
    expect(client.status).toMatchObject({ retryAt: clock.now() + 500 });
  });

  test.each(['synced', 'a reply', 'a heartbeat'])(
    'begins at the bottom after %s, once it has lasted',
    async (what) => {
      const { client, clock, network } = startClient();
      network.last.end();
      await clock.advance(250);
      const server = network.last;
      client.mirror('/a');
      client.get('/a').catch(() => {});
      server.welcome();
      await clock.advance(5_000);
      if (what === 'synced') giveState(server, 1);
      if (what === 'a reply')
        server.say({ type: 'got', id: server.take('get').id, revision: 1, entry: null });
      if (what === 'a heartbeat') server.say({ type: 'heartbeat', revision: 1 });
      server.end();
      expect(client.status).toMatchObject({ retryAt: clock.now() + 250 });
    },
  );

  test('begins at the bottom once it has lasted, however early it was of use', async () => {
    const { client, clock, network } = startClient();
    network.last.end();
    await clock.advance(250);
    client.mirror('/a');
    network.last.welcome();
    giveState(network.last, 1);
    await clock.advance(5_000);
    network.last.end();
    expect(client.status).toMatchObject({ retryAt: clock.now() + 250, attempt: 1 });
  });

  test('is not heard any more: late events of its socket change nothing', async () => {
    const { client, clock, network, server } = startConnected();
    const mirror = client.mirror('/a');
    const watch = server.acceptWatch();
    server.end();
    await clock.advance(250);
    server.say({ type: 'synced', watch, revision: 5 });
    server.end();
    expect(mirror.status).toBe('syncing');
    expect(client.status.kind).toBe('connecting');
    expect(network.connections).toHaveLength(2);
  });
});

describe('a frame', () => {
  test.each(['nonsense', '[]', '{"type":"heartbeat"}', '{"no":"type"}'])(
    'that is no message (%s) is reported, and the client comes again',
    async (frame) => {
      const { client, clock, errors, network, server } = startConnected();
      server.sayRaw(frame);
      expect(server.closedBy?.code).toBe(4400);
      expect(errors).toMatchObject([{ code: 'bad_message' }]);
      expect(client.status.kind).toBe('waiting');
      await clock.advance(250);
      expect(network.connections).toHaveLength(2);
    },
  );

  test('of a type that the client does not know is ignored', () => {
    const { client, errors, server } = startConnected();
    server.sayRaw('{"type":"fanfare"}');
    expect(client.status.kind).toBe('open');
    expect(errors).toEqual([]);
  });

  test('that comes out of turn counts as no message', () => {
    const { client, network } = startClient();
    network.last.open();
    network.last.say({ type: 'heartbeat', revision: 1 });
    expect(client.status.kind).toBe('waiting');
  });
});
