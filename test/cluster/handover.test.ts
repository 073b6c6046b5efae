import { describe, expect, it } from 'vitest';
import { clusterProblem, withCluster } from './scene.ts';

describe.skipIf(clusterProblem !== undefined)(
  'clients (where etcd is installed)',
  { timeout: 60_000 },
  () => {
    it('W5 W9 of a gateway that ends go on at another one, without reading everything anew', async () => {
      await withCluster({ gateways: 2 }, async (cluster) => {
        const [first, second] = [cluster.gateway(0), cluster.gateway(1)];
        const client = cluster.client([first.url, second.url]);
        await client.commit({
          operations: Array.from({ length: 500 }, (_, i) => ({
            type: 'put',
            path: `/many/${i}`,
            value: String(i),
          })),
        });
        const mirror = client.mirror('/');
        await mirror.ready();
        const origins: string[] = [];
        mirror.on('change', ({ origin, changes }) => origins.push(`${origin} ${changes.length}`));
        expect(await first.kill('SIGTERM')).toBe(0);
        const other = cluster.client([second.url]);
        const { revision } = await other.set('/many/1', 'changed');
        await mirror.waitFor(revision, { timeoutMs: 10_000 });
        // One commit, or the one difference that it makes: nothing else is told again.
        expect(origins.map((origin) => origin.split(' ')[1])).toEqual(['1']);
        expect(client.status).toMatchObject({ kind: 'open' });
      });
    });
  },
);
