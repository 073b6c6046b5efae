import { describe, expect, it } from 'vitest';
import { Crowd } from '../faults/crowd.ts';
import { report, until } from '../faults/scene.ts';
import { isLong } from '../support/extent.ts';
import { GatewayProcess } from './gateway-process.ts';
import { type Cluster, clusterProblem, withCluster } from './scene.ts';

const isRun = isLong && clusterProblem === undefined;
const CLIENTS = 1_000;
const ENTRIES = 1_000_000;
const COMMIT = 5_000;

/** Bytes that a process has read from its sockets and pipes. */
function bytesFrom(cluster: Cluster): number {
  const carried = cluster.gateways.flatMap(({ proxies }) =>
    proxies.map((proxy) => proxy.total.down),
  );
  return carried.reduce((sum, each) => sum + each, 0);
}

describe.skipIf(!isRun)(
  'what a cluster takes, for whoever reads the output (in the long mode, where etcd is installed)',
  { timeout: 600_000 },
  () => {
    it('S1 W5 from the death of a gateway to all of its clients on another one', async () => {
      await withCluster({ gateways: 2 }, async (cluster) => {
        const crowd = new Crowd(cluster.urls.join(','), { clients: CLIENTS, retry: {} });
        try {
          await crowd.program.saw(
            ({ stdout }) => (stdout.includes('\n') ? true : undefined),
            60_000,
          );
          const writer = cluster.client(cluster.urls.toReversed());
          const { connections } = await cluster.client([cluster.gateway(0).url]).serverStatus();
          const killedAt = Date.now();
          await cluster.gateway(0).kill();
          const { revision } = await writer.set('/after', 'the death');
          await until('all are live elsewhere', () => crowd.isAt(revision), 60_000);
          report('from the death of a gateway until all show what came after', {
            clients: CLIENTS,
            itHad: connections,
            ms: Date.now() - killedAt,
          });
          await crowd.expectTruth(writer);
        } finally {
          await crowd.program.kill();
        }
      });
    });

    it('S1 from the death of the leader to the next acknowledged write', async () => {
      await withCluster({ gateways: 2 }, async (cluster) => {
        const writer = cluster.client();
        const tookMs: number[] = [];
        for (let i = 0; i < 5; i++) {
          await writer.set('/a', String(i));
          const leader = cluster.leader();
          const killedAt = Date.now();
          await leader.kill();
          await writer.set('/a', 'after', { timeoutMs: 60_000 });
          tookMs.push(Date.now() - killedAt);
          leader.start();
          await leader.ready();
        }
        report('from the death of the leader to the next acknowledged write, ms', { tookMs });
      });
    });

    it('W10 bytes from etcd to a gateway for a change, and to start on a million entries', async () => {
      await withCluster({ gateways: 1 }, async (cluster) => {
        const writer = cluster.client();
        await writer.set('/warm', 'up');
        const before = bytesFrom(cluster);
        const value = 'x'.repeat(100);
        for (let i = 0; i < 1_000; i++) await writer.set(`/one/${i % 50}`, value);
        const single = (bytesFrom(cluster) - before) / 1_000;
        const startedAt = Date.now();
        for (let from = 0; from < ENTRIES; from += COMMIT)
          await writer.commit({
            operations: Array.from({ length: COMMIT }, (_, i) => ({
              type: 'put',
              path: `/m/${(from + i) % 1_000}/${from + i}`,
              value,
            })),
            timeoutMs: 60_000,
          });
        const loadMs = Date.now() - startedAt;
        const many = (bytesFrom(cluster) - before - single * 1_000) / ENTRIES;
        const second = new GatewayProcess(cluster.gateway(0).port + 1, cluster.gateway(0).proxies);
        const openedAt = Date.now();
        await second.start(120_000);
        const openMs = Date.now() - openedAt;
        const { entries } = await cluster.client([second.url]).serverStatus();
        expect(entries).toBe(ENTRIES + 51);
        report('a million entries of 100 bytes', {
          bytesForALoneWrite: Math.round(single),
          bytesForAChangeOfMany: Math.round(many),
          loadMs,
          openMs,
          memoryMiB: second.memoryMiB,
        });
        await second.kill('SIGTERM');
      });
    });
  },
);
