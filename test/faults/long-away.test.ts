import { describe, expect, it } from 'vitest';
import { isLong } from '../support/extent.ts';
import { Load } from './load.ts';
import { report, until, withScene } from './scene.ts';

describe('W5 W8 W10 a resume across a large history', () => {
  it.runIf(isLong)(
    'neither holds others up nor makes the server look dead (with CONFER_TEST_LONG)',
    { timeout: 180_000 },
    async () => {
      await withScene(async (scene) => {
        const server = await scene.server({ heartbeatMs: 300 });
        const proxy = await scene.proxy(server);
        const writer = scene.client(server.url);
        const client = scene.client(proxy.url);
        const mirror = client.mirror('/');
        await mirror.ready();
        proxy.cutAll({ refusing: true });
        const value = 'x'.repeat(64 * 1024);
        for (let i = 0; i < 8_000; i++) await writer.set(`/load/${i % 50}`, `${i} ${value}`);
        const other = new Load(() => writer.get('/load/1'));
        proxy.heal();
        await until('it is live', () => mirror.status === 'live');
        await other.end();
        report('gets of others during the resume', other.summary());
        expect(mirror.revision).toBe(8_000);
      });
    },
  );
});
