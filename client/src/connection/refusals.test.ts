import { describe, expect, test } from 'vitest';
import { flushPromises } from '../../../shared/src/test-support/virtual-clock.ts';
import { entry, giveState, startClient, startConnected } from '../test-support/scene.ts';

const refusals = [
  [4400, 'bad_message'],
  [4401, 'unauthenticated'],
  [4410, 'token_expired'],
  [4406, 'version_unsupported'],
  [4413, 'frame_too_large'],
] as const;

describe('a server that is not trusted', () => {
  test('is tried again after the longest wait from the first time on, where there is no other', async () => {
    const { client, clock, network } = startClient({ retry: { initialMs: 250, maxMs: 30_000 } });
    network.last.end(1006, 'its certificate has expired', 'tls_failed');
    expect(client.status).toMatchObject({
      kind: 'waiting',
      reason: 'refused (tls_failed): its certificate has expired',
      refused: 'tls_failed',
      retryAt: clock.now() + 30_000,
    });
    await clock.advance(29_999);
    expect(network.connections).toHaveLength(1);
    await clock.advance(1);
    expect(network.connections).toHaveLength(2);
  });

  test('is left for another one as soon as one that was lost', async () => {
    const { client, clock, network } = startClient({ urls: ['https://one', 'https://two'] });
    network.last.end(1006, 'its certificate has expired', 'tls_failed');
    await clock.advance(250);
    expect(network.last.url).toBe('wss://two/v1');
    network.last.welcome();
    expect(client.status.kind).toBe('open');
  });
});

describe('a server that refuses the client', () => {
  test.each(refusals)(
    'with %i (%s) is named in the status, and the next server is tried',
    async (code, name) => {
      const { client, clock, network } = startClient({ urls: ['http://one', 'http://two'] });
      const mirror = client.mirror('/a');
      network.last.open();
      network.last.end(code, 'no');
      expect(client.status).toEqual({
        kind: 'waiting',
        reason: `refused (${name}): no`,
        refused: name,
        retryAt: clock.now() + 250,
        attempt: 2,
      });
      await clock.advance(250);
      expect(network.last.url).toBe('ws://two/v1');
      network.last.welcome();
      giveState(network.last, 1, entry('/a', '1'));
      expect([client.status.kind, mirror.status, mirror.value('/a')]).toEqual([
        'open',
        'live',
        '1',
      ]);
    },
  );

  test.each(refusals)('with %i (%s) for ever is asked again ever later', async (code, name) => {
    const { client, clock, network } = startClient();
    network.onOpened = (connection) => {
      connection.open();
      connection.end(code, 'no');
    };
    await flushPromises();
    await clock.advance(600_000);
    expect(client.status).toMatchObject({ kind: 'waiting', refused: name });
    expect(network.connections.length).toBeGreaterThan(10);
    expect(network.connections.length).toBeLessThan(40);
  });

  test.each([1000, 1001, 1006, 1011, 1012, 4408, 4429, 4999])(
    'is not seen in a close with %i',
    (code) => {
      const { client, network } = startClient();
      network.last.open();
      network.last.end(code);
      expect(client.status.kind).toBe('waiting');
      expect(client.status).not.toHaveProperty('refused');
    },
  );

  test('is the reason why what has a deadline fails', async () => {
    const { client, clock, network } = startClient();
    const waits = [client.mirror('/a').ready(), client.get('/a'), client.watch('/a').started()];
    const outcomes = Promise.allSettled(waits);
    network.onOpened = (connection) => connection.end(4401, 'who are you?');
    await flushPromises();
    await clock.advance(10_000);
    for (const outcome of await outcomes)
      expect(outcome).toMatchObject({
        reason: {
          code: 'timeout',
          message: expect.stringContaining('refused (unauthenticated): who are you?'),
        },
      });
  });

  test('of a token asks for a new one, and is over with it', async () => {
    const tokens = ['old', 'new'];
    const { client, clock, network } = startClient({ token: () => tokens.shift() ?? '' });
    await flushPromises();
    network.last.open();
    expect(network.last.take('hello').token).toBe('old');
    network.last.end(4401, 'expired');
    await clock.advance(250);
    network.last.welcome();
    expect(network.last.take('hello').token).toBe('new');
    expect(client.status.kind).toBe('open');
  });

  test('leaves the last good state where it was, marked as stale', () => {
    const { client, server } = startConnected();
    const mirror = client.mirror('/a');
    giveState(server, 1, entry('/a', '1'));
    server.end(4410, 'no more');
    expect(mirror.status).toBe('stale');
    expect(mirror.value('/a')).toBe('1');
  });

  test('of a frame that is too large ends the largest request alone', async () => {
    const { client, clock, network, server } = startConnected();
    const write = client.set('/a', '1');
    const large = expect(client.set('/b', 'ä'.repeat(1_000))).rejects.toMatchObject({
      code: 'too_large',
    });
    server.end(4413, 'the frame is too large');
    await large;
    await clock.advance(250);
    network.last.welcome();
    expect(network.last.untaken).toEqual(['hello', 'commit']);
    network.last.acceptCommit(3);
    expect(await write).toEqual({ revision: 3 });
  });
});
