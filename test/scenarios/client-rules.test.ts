import type { DownMessage } from '@confer/shared';
import { afterEach, describe, expect, it } from 'vitest';
import type { Client } from '../../client/src/api.ts';
import type { SocketHandlers } from '../../server/src/transport/socket.ts';
import { Scene } from './scene.ts';

let scene: Scene;

afterEach(async () => {
  expect(await scene.end()).toEqual([]);
});

function open() {
  scene = new Scene();
  return { writer: scene.client('writer'), reader: scene.client('reader') };
}

const set = (client: Client, path: string, value: string) => scene.settled(client.set(path, value));

const isGoodbye = (message: DownMessage): message is Extract<DownMessage, { type: 'goodbye' }> =>
  message.type === 'goodbye';

const typesTo = (name: string) => scene.sentTo(name).map(({ type }) => type);

/** A server that hears nothing. */
const deaf: SocketHandlers = {
  onMessage() {},
  onBinary() {},
  onBadFrame() {},
  onDrain() {},
  onCrowded() {},
  onDropped() {},
  onClose() {},
};

describe('rules of the wire and the client', () => {
  it('W3 rule 1: the snapshot and the stream come in one answer, with no gap between', async () => {
    const { writer, reader } = open();
    await set(writer, '/a', '1');
    const writing = writer.set('/a', '2');
    const mirror = reader.mirror('/');
    await scene.settled(writing);
    await set(writer, '/a', '3');
    expect(mirror.value('/a')).toBe('3');
    expect(typesTo('reader').filter((type) => type === 'watching')).toHaveLength(1);
  });

  it('W7 rule 2: an empty subtree is synced too', async () => {
    const { reader } = open();
    const mirror = reader.mirror('/nothing');
    expect(await scene.settled(mirror.ready())).toEqual({ revision: 0, source: 'server' });
  });

  it('W3 rule 3: a resync tells of real changes only, and never shows nothing', async () => {
    const { writer, reader } = open();
    await set(writer, '/same', '1');
    await set(writer, '/gone', '1');
    const mirror = reader.mirror('/');
    await scene.settled(mirror.ready());
    const same = mirror.get('/same');
    const told: unknown[] = [];
    mirror.on('change', ({ origin, changes }) => {
      told.push(origin, ...changes.map(({ type, path }) => `${type} ${path}`));
      expect(mirror.value('/same')).toBe('1');
    });
    scene.network.freeze('reader');
    await scene.settled(writer.remove('/gone'));
    await set(writer, '/new', '1');
    scene.server.compact(scene.server.revision);
    // A server that starts anew has none of the recent commits in memory.
    scene.server.crash();
    scene.server.start();
    scene.network.thaw('reader');
    await scene.clock.advance(60_000);
    expect(told).toEqual(['resync', 'delete /gone', 'put /new']);
    expect(mirror.get('/same')).toBe(same);
  });

  it('W6 rule 4: an idle position stays young, so a compaction elsewhere is no resync', async () => {
    const { writer, reader } = open();
    await set(writer, '/a', '1');
    const mirror = reader.mirror('/a');
    for (let i = 0; i < 20; i++) await set(writer, '/busy', `${i}`);
    await scene.clock.advance(11_000);
    scene.server.compact(scene.server.revision);
    scene.links('reader')[0]?.cut();
    await scene.clock.advance(60_000);
    expect(mirror.status).toBe('live');
    expect(typesTo('reader')).not.toContain('resync');
  });

  it('W8 rule 5: an open socket is not trusted', async () => {
    const { reader } = open();
    const mirror = reader.mirror('/');
    await scene.settled(mirror.ready());
    const told: string[] = [];
    mirror.on('status', ({ to }) => told.push(to));
    scene.links('reader')[0]?.silence('down');
    await scene.clock.advance(31_000);
    expect(told[0]).toBe('stale');
  });

  it('W10 rule 6: opening a socket does not begin the backoff anew, and all watches share it', async () => {
    let attempts = 0;
    const { reader } = open();
    for (const path of ['/', '/a', '/b', '/c']) reader.mirror(path);
    await scene.clock.advance(1_000);
    scene.server.crash();
    scene.network.host = (socket) => {
      attempts += 1;
      socket.close(1011, '');
      return deaf;
    };
    await scene.clock.advance(300_000);
    // Of two clients, with a mean of 15 s between two of their attempts.
    expect(attempts).toBeGreaterThan(10);
    expect(attempts).toBeLessThan(100);
    scene.server.start();
  });

  it('W10 rule 7: a server that stops spreads when its clients come back, and they keep to it', async () => {
    const { reader } = open();
    const mirror = reader.mirror('/');
    await scene.settled(mirror.ready());
    const waits: number[] = [];
    reader.on('status', (status) => {
      if (status.kind === 'waiting') waits.push(status.retryAt - scene.clock.now());
    });
    await scene.settled(scene.server.stop());
    const { retryInMs = Number.POSITIVE_INFINITY } = scene.sentTo('reader').find(isGoodbye) ?? {};
    // The longer of that and its own backoff, which begins with a second at most.
    expect(waits[0]).toBeGreaterThanOrEqual(retryInMs);
    expect(waits[0]).toBeLessThanOrEqual(Math.max(retryInMs, 1_000));
    scene.server.start();
    await scene.clock.advance(5_000);
    expect(mirror.status).toBe('live');
  });

  it.each([4400, 4401, 4406, 4410, 4413, 4429, 4999])(
    'W8 rule 8: one close with %i leaves no client without its server',
    async (code) => {
      const { reader } = open();
      const mirror = reader.mirror('/');
      await scene.settled(mirror.ready());
      const { host } = scene.network;
      scene.network.host = (socket) => {
        scene.network.host = host;
        socket.close(code, 'no');
        return deaf;
      };
      for (const link of scene.links('reader')) link.cut();
      await scene.clock.advance(60_000);
      expect(mirror.status).toBe('live');
    },
  );

  it('W8 rule 12: a client that cannot reach its server says so at once, and tells of a long outage once', async () => {
    const { reader } = open();
    scene.server.crash();
    const told: string[] = [];
    reader.on('status', ({ kind }) => told.push(kind));
    let losses = 0;
    reader.on('lost', () => {
      losses += 1;
    });
    const mirror = reader.mirror('/');
    await scene.clock.advance(60_000);
    expect(told.slice(0, 2)).toEqual(['connecting', 'waiting']);
    expect(losses).toBe(1);
    expect(mirror.status).not.toBe('live');
    scene.server.start();
    await scene.clock.advance(60_000);
    expect(mirror.status).toBe('live');
    expect(told.at(-1)).toBe('open');
  });

  it('W3 rule 11: after a restart every watch is asked for again before anything is live', async () => {
    const { writer, reader } = open();
    const mirrors = ['/a', '/b', '/c'].map((path) => reader.mirror(path));
    await scene.clock.advance(1_000);
    scene.server.crash();
    scene.server.start();
    await set(writer, '/b', '1');
    await scene.clock.advance(5_000);
    expect(mirrors.map(({ status }) => status)).toEqual(['live', 'live', 'live']);
    expect(typesTo('reader').filter((type) => type === 'watching')).toHaveLength(6);
  });

  it('rules 13 and 14: the initial state is no change, the same value again is one revision', async () => {
    const { writer, reader } = open();
    await set(writer, '/a', '1');
    const told: number[] = [];
    const mirror = reader.mirror('/');
    mirror.on('change', ({ revision }) => told.push(revision));
    await scene.settled(mirror.ready());
    await set(writer, '/a', '1');
    expect(told).toEqual([2]);
  });

  it('rule 15: a handler sees what was there, also of a delete', async () => {
    const { writer, reader } = open();
    await set(writer, '/a', '1');
    const mirror = reader.mirror('/');
    await scene.settled(mirror.ready());
    const told: unknown[] = [];
    mirror.on('change', ({ changes }) => told.push(...changes.map(({ prev }) => prev?.value)));
    await set(writer, '/a', '2');
    await scene.settled(writer.remove('/a'));
    expect(told).toEqual(['1', '2']);
  });

  it('rule 17: a handler that throws is reported, and the stream goes on', async () => {
    const errors: unknown[] = [];
    const { writer } = open();
    const mirror = scene.client('careless', { onError: (error) => errors.push(error) }).mirror('/');
    await scene.settled(mirror.ready());
    mirror.on('change', () => {
      throw new Error('a bug of the user');
    });
    await set(writer, '/a', '1');
    await set(writer, '/a', '2');
    expect(mirror.value('/a')).toBe('2');
    expect(errors).toHaveLength(2);
  });

  it('S4 rule 18: a write in an outage fails by its timeout, and is not made later', async () => {
    const { writer } = open();
    await set(writer, '/a', '1');
    scene.server.crash();
    const writing = writer.set('/a', '2', { timeoutMs: 1_000 });
    await expect(scene.settled(writing)).rejects.toMatchObject({ code: 'timeout' });
    scene.server.start();
    await scene.clock.advance(60_000);
    expect((await scene.settled(writer.get('/a')))?.value).toBe('1');
  });
});
