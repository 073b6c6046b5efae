import { describe, expect, it } from 'vitest';
import { until } from '../faults/scene.ts';
import { type Cluster, clusterProblem, withCluster } from './scene.ts';

const HEARTBEAT_MS = 1_500;

describe.skipIf(clusterProblem !== undefined)(
  'clients of a gateway that has lost its cluster (where etcd is installed)',
  { timeout: 90_000 },
  () => {
    it('W8 are told within two heartbeats, are served what is known, and go on by themselves', async () => {
      const told = async (cluster: Cluster) => {
        const gateway = cluster.gateway(0);
        const client = cluster.client();
        await client.set('/a', '1');
        const mirror = client.mirror('/');
        await mirror.ready();
        for (const member of cluster.members) member.signal('SIGSTOP');
        const lostAt = Date.now();
        await until('the mirror is stale', () => mirror.status === 'stale', 25_000);
        // Six seconds of silence, and a beat that says so.
        expect(Date.now() - lostAt).toBeLessThan(6_000 + 3 * HEARTBEAT_MS);
        expect(Math.abs((mirror.staleSince ?? 0) - lostAt)).toBeLessThan(4_000);
        expect(mirror.get('/a')?.value).toBe('1');
        expect(client.status.kind).toBe('open');
        const askedAt = Date.now();
        await expect(client.get('/a')).rejects.toMatchObject({ code: 'unavailable' });
        await expect(client.set('/a', '2')).rejects.toMatchObject({ code: 'unavailable' });
        expect(Date.now() - askedAt).toBeLessThan(1_000);
        expect(await client.get('/a', { stale: true })).toMatchObject({ value: '1' });
        expect((await client.list('/', { stale: true })).entries).toHaveLength(1);
        const status = await client.serverStatus();
        expect(status).toMatchObject({ storage: 'behind', engine: 'etcd' });
        for (const member of cluster.members) member.signal('SIGCONT');
        await until('the mirror is live', () => mirror.status === 'live', 30_000);
        await client.set('/a', '3');
        expect(mirror.get('/a')?.value).toBe('3');
        expect(await gateway.kill('SIGTERM')).toBe(0);
      };
      await withCluster(1, told, HEARTBEAT_MS);
    });

    it('W5 W9 of a gateway that ends go on at another one, without reading everything anew', async () => {
      await withCluster(2, async (cluster) => {
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
