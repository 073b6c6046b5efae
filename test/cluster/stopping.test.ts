import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Acknowledged } from '../faults/acknowledged.ts';
import { FaultProxy } from '../faults/proxy.ts';
import { until } from '../faults/scene.ts';
import { isFull } from '../support/extent.ts';
import { type Program, serve } from '../support/process.ts';
import { Cluster, clusterProblem } from './scene.ts';

describe.skipIf(clusterProblem !== undefined)(
  'a gateway that is told to stop while etcd does not answer (where etcd is installed)',
  { timeout: 60_000 },
  () => {
    let cluster: Cluster;
    beforeAll(async () => {
      cluster = await Cluster.start({ gateways: 1, members: 1 });
    });
    afterAll(() => cluster.end());

    /** A gateway with writes under way that nobody answers. */
    async function cutOff(
      use: (program: Program, writes: Acknowledged) => Promise<void>,
      ...more: string[]
    ): Promise<void> {
      const proxy = await FaultProxy.start(cluster.member(0).port);
      const { program, url } = await serve(['--engine', 'etcd', '--etcd', proxy.url, ...more]);
      try {
        const client = cluster.client([url, cluster.gateway(0).url], {
          timeouts: { requestMs: 60_000 },
        });
        const writes = new Acknowledged([client]);
        await until('some are written', () => writes.count > 20);
        proxy.silence('up', 'down');
        const before = await settled(writes);
        program.child.kill('SIGTERM');
        await use(program, writes);
        // S4: what was in doubt is done at another gateway, once.
        await until('writes go on', () => writes.count > before + 20);
        await writes.end();
        await writes.expectAll(client);
      } finally {
        await program.kill();
        await proxy.close();
        await cluster.mend();
      }
    }

    it('S1 S4 ends within --drain-timeout, says that it left something, and loses nothing', async () => {
      const startedAt = Date.now();
      await cutOff(
        async (program) => {
          const { code, stderr } = await program.finished;
          expect(code).toBe(1);
          expect(stderr).toContain('it did not stop within 2000 ms');
        },
        ...['--drain-timeout', '2s'],
      );
      expect(Date.now() - startedAt).toBeLessThan(15_000);
    });

    it('S1 S4 ends at once when it is told so again', async () => {
      await cutOff(async (program) => {
        const askedAt = Date.now();
        await until('it is no longer the same wish', () => Date.now() - askedAt > 700);
        expect(program.child.exitCode).toBeNull();
        program.child.kill('SIGTERM');
        await program.finished;
        expect(program.child.signalCode).toBe('SIGTERM');
        expect(Date.now() - askedAt).toBeLessThan(2_000);
      });
    });

    it.skipIf(!isFull)(
      'has tried to learn what became of them before it ends (ten seconds)',
      async () => {
        await cutOff(async (program) => {
          const askedAt = Date.now();
          expect(await program.finished).toMatchObject({ code: 0 });
          expect(Date.now() - askedAt).toBeLessThan(20_000);
        });
      },
    );
  },
);

/** How many were acknowledged when no more are. */
async function settled(writes: Acknowledged): Promise<number> {
  let seenAt = Date.now();
  let seen = writes.count;
  await until('nothing is acknowledged any more', () => {
    if (writes.count > seen) {
      seen = writes.count;
      seenAt = Date.now();
    }
    return Date.now() - seenAt > 200;
  });
  return seen;
}
