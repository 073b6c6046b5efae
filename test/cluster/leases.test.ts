import { fileURLToPath } from 'node:url';
import { describe, expect, it, vi } from 'vitest';
import { isFull } from '../support/extent.ts';
import { Program } from '../support/process.ts';
import { clusterProblem, withCluster } from './scene.ts';

const HOLDER = fileURLToPath(new URL('../e2e/holder.js', import.meta.url));
const TTL_MS = 8_000;

/** Entries of a subtree that went, with why, in each commit. */
interface Gone {
  readonly revision: number;
  readonly actor: string;
  readonly changes: readonly string[];
}

describe.skipIf(clusterProblem !== undefined)(
  'leases of a cluster (where etcd is installed)',
  { timeout: 120_000 },
  () => {
    it.runIf(isFull)(
      'outlive the leader of etcd and the gateway that granted them, and end once for all gateways (with CONFER_TEST_FULL=1)',
      async () => {
        await withCluster({ gateways: 2 }, async (cluster) => {
          const [first, second] = [cluster.gateway(0), cluster.gateway(1)];
          const watching = [first, second].map(({ url }) => cluster.client([url]));
          const gone: Gone[][] = [[], []];
          for (const [i, client] of watching.entries()) {
            const watch = client.watch('/held');
            void (async () => {
              for await (const { revision, actor, changes } of watch) {
                const deletes = changes.flatMap((each) =>
                  each.type === 'delete' ? each.cause : [],
                );
                if (deletes.length > 0) gone[i]?.push({ revision, actor, changes: deletes });
              }
            })().catch(() => {});
            await watch.started();
          }
          const urls = [first.url, second.url].join();
          const holder = new Program(HOLDER, [urls, String(TTL_MS), '/held']);
          try {
            await holder.saw(({ stdout }) => (stdout.includes('held ') ? true : undefined));
            const leader = cluster.leader();
            await leader.kill();
            const other = cluster.client([second.url], { timeouts: { requestMs: 30_000 } });
            expect(await other.get('/held')).toBeDefined();
            await first.kill('SIGKILL');
            // For longer than the TTL, which has begun anew with the new leader.
            const begun = performance.now();
            await vi.waitUntil(() => performance.now() - begun > TTL_MS * 1.5, { timeout: 60_000 });
            expect(holder.stdout).not.toContain('lost');
            expect(await other.get('/held')).toBeDefined();
            await first.start();
            await holder.kill();
            await vi.waitUntil(() => gone.every(({ length }) => length > 0), { timeout: 60_000 });
            expect(gone[0]).toEqual(gone[1]);
            expect(gone[0]).toMatchObject([{ actor: 'confer', changes: ['expired'] }]);
            expect(await other.get('/held')).toBeUndefined();
          } finally {
            await holder.kill();
          }
        });
      },
    );
  },
);
