import { describe, expect, it } from 'vitest';
import { report } from '../faults/scene.ts';
import { clusterProblem, withCluster } from './scene.ts';

const WATCHES = 10_000;

/** A figure of etcd's own page of metrics. */
async function metric(url: string, name: string): Promise<number> {
  const page = await (await fetch(`${url}/metrics`)).text();
  const line = page.split('\n').find((each) => each.startsWith(`${name} `));
  return Number(line?.split(' ')[1] ?? 0);
}

describe.skipIf(clusterProblem !== undefined)(
  'many watches on a gateway (where etcd is installed)',
  { timeout: 90_000 },
  () => {
    it('W10 are one watch on the cluster', async () => {
      await withCluster({ gateways: 1 }, async (cluster) => {
        const total = async (name: string) => {
          const found = await Promise.all(cluster.members.map(({ url }) => metric(url, name)));
          return found.reduce((sum, each) => sum + each, 0);
        };
        const STREAMS = 'etcd_debugging_mvcc_watch_stream_total';
        const WATCHERS = 'etcd_debugging_mvcc_watcher_total';
        const before = [await total(STREAMS), await total(WATCHERS)];
        const clients = Array.from({ length: 10 }, () => cluster.client());
        const watches = clients.flatMap((client) =>
          Array.from({ length: WATCHES / 10 }, (_, i) => client.watch(`/n/${i % 100}/${i}`)),
        );
        await Promise.all(watches.map((watch) => watch.started({ timeoutMs: 60_000 })));
        expect((await clients[0]?.serverStatus())?.watches).toBe(WATCHES);
        await clients[0]?.set('/n/1/1', 'told');
        const [first] = await Promise.all(
          watches
            .filter((watch) => watch.path === '/n/1/1')
            .map((watch) => watch[Symbol.asyncIterator]().next()),
        );
        expect(first?.value).toMatchObject({ changes: [{ path: '/n/1/1' }] });
        const after = [await total(STREAMS), await total(WATCHERS)];
        report('watches on the cluster', { before, after, onTheGateway: WATCHES });
        expect(after).toEqual(before);
        expect(after[1]).toBe(1);
      });
    });
  },
);
