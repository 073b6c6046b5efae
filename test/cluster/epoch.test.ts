import { describe, expect, it } from 'vitest';
import { until } from '../faults/scene.ts';
import { clusterProblem, withCluster } from './scene.ts';

describe.skipIf(clusterProblem !== undefined)(
  'gateways whose cluster has another history (where etcd is installed)',
  { timeout: 90_000 },
  () => {
    it('S5 W7 send every client to the new one, and tell each mirror what differs and no more', async () => {
      await withCluster({ gateways: 2 }, async (cluster) => {
        const [client, other] = cluster.urls.map((url) => cluster.client([url]));
        if (client === undefined || other === undefined) throw new Error('there are two gateways');
        await client.commit({
          operations: ['/kept', '/gone', '/changed'].map((path) => ({
            type: 'put',
            path,
            value: '1',
          })),
        });
        const mirrors = [client.mirror('/'), other.mirror('/')];
        await Promise.all(mirrors.map((mirror) => mirror.ready()));
        const told = mirrors.map((mirror) => {
          const changes: string[] = [];
          mirror.on('change', ({ origin, changes: all }) => {
            changes.push(`${origin}: ${all.map(({ type, path }) => `${type} ${path}`).join(', ')}`);
          });
          return changes;
        });
        const { epoch } = await client.serverStatus();
        const etcd = cluster.member(0);
        // What an operator does who wipes and fills anew; in one transaction nobody sees it half done.
        etcd.ctl('del', '/confer/.confer/epoch');
        await until('both have another epoch', async () => {
          const statuses = await Promise.all([client, other].map((each) => each.serverStatus()));
          return statuses.every((status) => status.epoch !== epoch);
        });
        await client.commit({
          operations: [
            { type: 'delete', path: '/gone' },
            { type: 'put', path: '/changed', value: '2' },
          ],
        });
        await until('mirrors show it', () =>
          mirrors.every((mirror) => mirror.get('/changed')?.value === '2'),
        );
        for (const mirror of mirrors) expect(mirror.list()).toHaveLength(2);
        const [a, b] = await Promise.all([client, other].map((each) => each.serverStatus()));
        expect(a?.epoch).toBe(b?.epoch);
        // The difference to what they had was nothing.
        for (const changes of told) expect(changes).toEqual(['live: put /changed, delete /gone']);
        for (const { said } of cluster.gateways) expect(said).toContain('this history is over');
      });
    });
  },
);
