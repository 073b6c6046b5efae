import type { Commits } from '@confer/shared';
import { describe, expect, test } from 'vitest';
import type { VirtualClock } from '../../../shared/src/test-support/virtual-clock.ts';
import type { FakeServerSocket } from '../test-support/fake-network.ts';
import { commit, put, startConnected, startMirrored } from '../test-support/scene.ts';

/** The link is well, and nothing but heartbeats comes over it. */
async function beatOn(
  server: FakeServerSocket,
  clock: VirtualClock,
  seconds: number,
): Promise<void> {
  for (let passed = 0; passed < seconds && server.closedBy === undefined; passed += 10) {
    await clock.advance(10_000);
    server.say({ type: 'heartbeat', revision: 5 });
  }
}

const nothing = { code: 'bad_message', message: expect.stringContaining('for 300000 ms') };

describe('the timeouts of a watch:', () => {
  test('a watch that is never answered ends the connection', async () => {
    const { client, server, clock, errors } = startConnected();
    const mirror = client.mirror('/app');
    await beatOn(server, clock, 290);
    expect(server.closedBy).toBeUndefined();
    expect(mirror.status).toBe('syncing');
    await beatOn(server, clock, 20);
    expect(server.closedBy?.code).toBe(4400);
    expect(errors).toMatchObject([nothing]);
  });

  test('a snapshot that stops ends it, and one that goes on does not', async () => {
    const { client, server, clock, errors } = startConnected();
    client.mirror('/app');
    const watch = server.acceptWatch(5);
    for (let pages = 0; pages < 3; pages++) {
      await beatOn(server, clock, 200);
      server.say({ type: 'snapshot', watch, revision: 5, entries: [] });
    }
    expect(server.closedBy).toBeUndefined();
    await beatOn(server, clock, 310);
    expect(errors).toMatchObject([nothing]);
  });

  test('a watch that the server cannot continue is told so', async () => {
    const { client, server, clock, errors } = startConnected();
    client.watch('/app', { after: { epoch: 'e0', revision: 5 } });
    server.acceptWatch(5);
    await beatOn(server, clock, 310);
    expect(errors).toMatchObject([nothing]);
  });

  test('a live watch is owed nothing', async () => {
    const { mirror, server, clock, errors } = startMirrored();
    await beatOn(server, clock, 3_600);
    expect(mirror.status).toBe('live');
    expect(errors).toEqual([]);
  });
});

describe('W8: a mirror whose batch does not end', () => {
  const part = (watch: string, path: string): Commits => ({
    type: 'commits',
    watch,
    from: 5,
    to: 6,
    commits: [commit(6, put(path, '1'))],
    more: true,
  });

  test('is stale after a while, and live again once it has ended', async () => {
    const { mirror, server, clock, watch } = startMirrored();
    const reasons: string[] = [];
    mirror.on('status', ({ to, reason }) => reasons.push(`${to}: ${reason}`));
    server.say(part(watch, '/app/d'));
    await beatOn(server, clock, 20);
    expect(mirror.status).toBe('live');
    server.say(part(watch, '/app/e'));
    await beatOn(server, clock, 10);
    expect(mirror.status).toBe('stale');
    server.say({ ...part(watch, '/app/f'), more: false });
    expect(mirror.status).toBe('live');
    expect(mirror.size).toBe(6);
    expect(reasons).toEqual(['stale: a batch does not end', 'live: commits']);
  });

  test('ends the connection when nothing more of it comes', async () => {
    const { server, clock, watch, errors } = startMirrored();
    server.say(part(watch, '/app/d'));
    await beatOn(server, clock, 310);
    expect(errors).toMatchObject([nothing]);
  });

  test('leaves no timer behind', async () => {
    const { client, server, clock, watch } = startMirrored();
    server.say(part(watch, '/app/d'));
    const closed = client.close();
    server.end();
    await closed;
    expect(clock.pending).toBe(0);
  });
});
