import { describe, expect, it } from 'vitest';
import { startTestServer, type TestServer } from '../testing.ts';

/** A client that watches `/`, and what it was told. */
async function scene() {
  const server = startTestServer({ '/a': '1', '/b': '1' });
  const client = server.connect();
  const mirror = client.mirror('/');
  const told: string[] = [];
  mirror.on('status', ({ to }) => told.push(to));
  mirror.on('lost', () => told.push('lost'));
  mirror.on('change', ({ origin, changes }) =>
    told.push(`${origin} ${changes.map(({ path }) => path)}`),
  );
  await mirror.ready();
  told.length = 0;
  return { server, client, mirror, told };
}

/** How long a client waits before its first try, at most. */
const FIRST_RETRY_MS = 250;

async function isBackAfter(server: TestServer, durationMs: number): Promise<void> {
  await server.advance(durationMs - 1);
  expect(server.connections).toBe(0);
  await server.advance(1);
  expect(server.connections).toBe(1);
}

describe('what a test does to a server in memory', () => {
  it('W5 a broken network: the client is back after its pause, with each commit that it missed', async () => {
    const { server, mirror, told } = await scene();
    await server.disconnect();
    await server.set('/a', '2');
    await server.set('/c', '1');
    expect([mirror.status, mirror.value('/a')]).toEqual(['stale', '1']);
    await isBackAfter(server, FIRST_RETRY_MS);
    expect(told).toEqual(['stale', 'live /a', 'live /c', 'live']);
    expect(mirror.staleSince).toBeUndefined();
  });

  it('W3 with a compaction meanwhile: one change with the difference', async () => {
    const { server, told } = await scene();
    await server.disconnect();
    await server.set('/a', '2');
    await server.remove('/b');
    await server.compact();
    await server.advance(FIRST_RETRY_MS);
    expect(told).toEqual(['stale', 'live', 'resync /a,/b']);
  });

  it('a stop: clients hear a goodbye, are told of the outage after their grace, and come back ever later', async () => {
    const { server, client, mirror, told } = await scene();
    await server.stop();
    expect(client.status).toMatchObject({ kind: 'waiting', retryAt: server.now + 1_000 });
    await server.advance(60_000);
    expect(told).toEqual(['stale', 'lost']);
    expect(mirror.value('/a')).toBe('1');
    await expect(
      Promise.all([client.get('/a', { timeoutMs: 5_000 }), server.advance(5_000)]),
    ).rejects.toMatchObject({ code: 'timeout', message: expect.stringContaining('refused') });
    await server.start();
    await server.advance(30_000);
    expect(told).toEqual(['stale', 'lost', 'live']);
    expect((await client.serverStatus()).uptimeMs).toBeLessThanOrEqual(30_000);
  });

  it('a stop right after a client was made: it is not let in by a server that is not there', async () => {
    const server = startTestServer({ '/a': '1' });
    const mirror = server.connect().mirror('/');
    await server.stop();
    expect([server.connections, mirror.status]).toEqual([0, 'syncing']);
    await server.start();
    await server.advance(1_000);
    expect(mirror.status).toBe('live');
  });

  it('W8 a freeze: nothing tells of it but silence, for three heartbeats', async () => {
    const { server, client, mirror, told } = await scene();
    await server.advance(25_000);
    await server.freeze();
    const writing = client.set('/a', '2', { timeoutMs: 60_000 });
    // The last heartbeat came at 20 s, and 30 s after that the client gives up.
    await server.advance(24_999);
    expect(mirror.status).toBe('live');
    await server.advance(10);
    // So long was it silent that the grace of an outage is over as well.
    expect(told).toEqual(['stale', 'lost']);
    await server.thaw();
    await server.advance(10_000);
    expect(await writing).toEqual({ revision: 2 });
    expect(told).toEqual(['stale', 'lost', 'live', 'live /a']);
  });

  it('a short freeze: what was asked meanwhile is answered in order', async () => {
    const { server, client, told } = await scene();
    await server.freeze();
    const first = client.set('/a', '2');
    await server.set('/b', '2');
    expect(told).toEqual([]);
    await server.thaw();
    expect(await first).toEqual({ revision: 3 });
    expect(told).toEqual(['live /b', 'live /a']);
  });

  it('W9 a restore: another epoch, and the difference to what was there as one change', async () => {
    const { server, mirror, told } = await scene();
    const { epoch } = server;
    await server.set('/c', '1');
    await server.restore({ '/a': '1', '/b': '2' });
    await server.advance(FIRST_RETRY_MS);
    expect(server.epoch).not.toBe(epoch);
    expect(told).toEqual(['live /c', 'stale', 'live', 'resync /b,/c']);
    expect(mirror.list().map(({ value }) => value)).toEqual(['1', '2']);
    await server.restore();
    await server.advance(FIRST_RETRY_MS);
    expect(mirror.list().map(({ value }) => value)).toEqual(['1', '2']);
  });

  it('W3 a restore ends event watches, which are told why', async () => {
    const { server, client } = await scene();
    const watch = client.watch('/');
    await watch.started();
    await server.restore();
    await server.advance(FIRST_RETRY_MS);
    await expect(watch.next()).rejects.toMatchObject({ code: 'compacted', reason: 'epoch' });
  });

  it('no token that it knows: connections end, the client says so and goes on trying until it is let in', async () => {
    const { server, client, mirror, told } = await scene();
    await server.refuse('unauthenticated');
    expect(client.status).toMatchObject({ kind: 'waiting', refused: 'unauthenticated' });
    await server.advance(60_000);
    expect([mirror.status, mirror.value('/a')]).toEqual(['stale', '1']);
    await server.accept();
    await server.advance(30_000);
    expect(told).toEqual(['stale', 'lost', 'live']);
  });

  it('W11 no right any more: what is watched is revoked, requests are refused, and nothing more is told', async () => {
    const { server, client, mirror, told } = await scene();
    await server.refuse('forbidden');
    await server.set('/a', '2');
    expect([mirror.status, mirror.value('/a')]).toEqual(['failed', '1']);
    await expect(client.get('/a')).rejects.toMatchObject({ code: 'forbidden' });
    await expect(client.mirror('/a').ready()).rejects.toMatchObject({ code: 'forbidden' });
    await server.accept();
    expect((await client.get('/a'))?.value).toBe('2');
    expect(told).toEqual(['failed']);
  });

  it('W6 an idle watch moves on with heartbeats, and a token is asked for with each connection', async () => {
    const { server, client } = await scene();
    let tokens = 0;
    const other = server.connect({ token: () => `token-${++tokens}` });
    const watch = other.watch('/elsewhere');
    await watch.started();
    await client.set('/a', '2');
    await server.advance(10_000);
    expect(watch.position?.revision).toBe(2);
    await server.disconnect();
    await server.advance(1_000);
    expect([tokens, server.connections]).toEqual([2, 2]);
  });
});
