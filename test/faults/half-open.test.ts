import { describe, expect, it } from 'vitest';
import { FAULTY_TRANSPORTS } from '../support/transports.ts';
import type { Direction } from './proxy.ts';
import { Recorder } from './recorder.ts';
import { report, until, withScene } from './scene.ts';

const HEARTBEAT_MS = 300;
/** Three heartbeats, the one that may have come right before, and some slack of a busy machine. */
const NOTICED_MS_MAX = 4 * HEARTBEAT_MS + 600;

describe.each(FAULTY_TRANSPORTS)('W8 a path that loses everything, over %s', (transport) => {
  it.each<[string, readonly Direction[]]>([
    ['from the server', ['down']],
    ['to the server', ['up']],
    ['both ways', ['up', 'down']],
  ])('%s shows within three heartbeats, and the mirror comes back', async (_, directions) => {
    await withScene(async (scene) => {
      const server = await scene.server({ transport, heartbeatMs: HEARTBEAT_MS });
      const proxy = await scene.proxy(server);
      const writer = scene.client(server.url);
      const client = scene.client(proxy.url, {
        timeouts: { connectMs: 500 },
      });
      const recorder = new Recorder();
      const mirror = recorder.mirror(client, '/');
      const watch = await recorder.watch(client, '/');
      const { epoch } = await watch.started();
      await mirror.ready();
      const before = await writer.set('/a', 'before');
      await until('the first write is shown', () => mirror.value('/a') === 'before');

      const silentSince = Date.now();
      proxy.silence(...directions);
      await until('it is stale', () => mirror.status === 'stale', NOTICED_MS_MAX);
      const noticedMs = Date.now() - silentSince;
      // The last word came up to a heartbeat before, or went on to come where only the way up is silent.
      expect(mirror.staleSince).toBeGreaterThanOrEqual(silentSince - 2 * HEARTBEAT_MS);
      expect(mirror.staleSince).toBeLessThan(silentSince + noticedMs);
      const during = await writer.set('/a', 'during');
      // The server lets go of a client that it does not hear, and of none that it does.
      const { connections } = await writer.serverStatus();
      expect(connections).toBeGreaterThanOrEqual(1);
      expect(mirror.value('/a')).toBe('before');

      proxy.heal();
      await until(
        'it is live again',
        () => mirror.status === 'live' && (mirror.revision ?? 0) >= during.revision,
      );
      const left = async () => (await writer.serverStatus()).connections === 2;
      await until('the server has let go of the dead connection', left);
      recorder.expectTruth(
        epoch,
        Object.entries({ before, during }).map(([value, { revision }]) => ({
          operations: [{ type: 'put', path: '/a', value }],
          revision,
        })),
      );
      report(`silence ${directions} over ${transport}`, { heartbeatMs: HEARTBEAT_MS, noticedMs });
    });
  });

  it('is no news when it is held up for less than that', async () => {
    await withScene(async (scene) => {
      const server = await scene.server({ transport, heartbeatMs: HEARTBEAT_MS });
      const proxy = await scene.proxy(server);
      const writer = scene.client(server.url);
      const mirror = scene.client(proxy.url).mirror('/');
      await mirror.ready();
      proxy.delay(HEARTBEAT_MS / 3);
      proxy.pause('down');
      await writer.set('/a', 'held');
      expect(mirror.value('/a')).toBeUndefined();
      proxy.resume('down');
      await until('the write is shown', () => mirror.value('/a') === 'held');
      expect(proxy.accepted).toBe(1);
    });
  });
});
