import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { isFull } from '../support/extent.ts';
import { History } from '../support/history.ts';
import { confer, serve, withDirectory } from '../support/process.ts';
import { groupsProblem, Restless } from '../support/restless.ts';
import { type Cluster, clusterProblem, withCluster } from './scene.ts';

const SOON = { timeout: 20_000, interval: 5 };

async function ok(args: readonly string[], url?: string): Promise<string> {
  const ran = await confer(args, url === undefined ? {} : { url });
  expect(ran.code, ran.stderr).toBe(0);
  return ran.stdout;
}

async function withTwo(use: (cluster: Cluster, directory: string) => Promise<void>): Promise<void> {
  await withDirectory((directory) =>
    withCluster({ gateways: 2, members: 1 }, (cluster) => use(cluster, directory)),
  );
}

describe.skipIf(clusterProblem !== undefined)(
  'two gateways (where etcd is installed)',
  { timeout: 120_000 },
  () => {
    it('S3 give a backup of exactly one revision while others write over both, and one of them ends', async () => {
      await withTwo(async (cluster, directory) => {
        const [a = '', b = ''] = cluster.urls;
        const history = await History.of(cluster.client([b]));
        const filler = cluster.client([b]);
        for (let from = 0; from < 6_000; from += 2_000)
          await filler.commit({
            operations: Array.from({ length: 2_000 }, (_, i) => ({
              ...{ type: 'put', path: `/many/${from + i}`, value: 'x'.repeat(300) },
            })),
          });
        const writers = new Restless([cluster.client([b, a]), cluster.client([b])], 11);
        const files = ['b0', 'b1', 'b2'].map((name) => join(directory, name));
        const revisions: number[] = [];
        for (const [i, file] of files.entries()) {
          const taking = ok(['backup', file, '-o', 'raw', '--timeout', '30s'], `${a},${b}`);
          if (i === 1) await cluster.gateway(0).kill();
          revisions.push(Number(await taking));
        }
        await writers.end();
        for (const [i, revision] of revisions.entries()) {
          await vi.waitFor(
            () => expect(history.commits.at(-1)?.revision).toBeGreaterThanOrEqual(revision),
            SOON,
          );
          const data = join(directory, `d${i}`);
          await ok(['restore', files[i] ?? '', '--data', data]);
          const { program, url } = await serve(['--data', data]);
          onTestFinished(() => void program.kill());
          const { entries } = await cluster.client([url]).list('/', { timeoutMs: 30_000 });
          expect(groupsProblem(entries)).toBe(undefined);
          expect(entries).toEqual(history.at(revision));
        }
        await history.end();
      });
    });

    it.runIf(isFull)(
      'S3 W7 take a large backup in as many commits as etcd needs, which mirrors of both follow (with CONFER_TEST_FULL=1)',
      async () => {
        await withTwo(async (cluster, directory) => {
          const { program, url } = await serve(['--data', join(directory, 'data')]);
          onTestFinished(() => void program.kill());
          const source = cluster.client([url]);
          for (let from = 0; from < 20_000; from += 5_000)
            await source.commit({
              operations: Array.from({ length: 5_000 }, (_, i) => ({
                ...{ type: 'put', path: `/many/${from + i}`, value: `${i} `.repeat(60) },
              })),
            });
          const file = join(directory, 'b');
          await ok(['backup', file], url);
          const [a = '', b = ''] = cluster.urls;
          const mirror = cluster.client([b]).mirror('/');
          await mirror.ready();
          const said = JSON.parse(await ok(['restore', file, '--into', '/', '-o', 'json'], a));
          expect(said).toMatchObject({ entries: 20_000, found: 0 });
          await mirror.waitFor(said.revision, { timeoutMs: 20_000 });
          const { entries } = await source.list('/');
          const values = (all: readonly { path: string; value: string }[]) =>
            all.map(({ path, value }) => `${path} ${value}`);
          expect(values(mirror.list())).toEqual(values(entries));
          expect(await mirror.verify()).toBe(true);
          const again = JSON.parse(await ok(['restore', file, '--into', '/', '-o', 'json'], b));
          expect(again).toMatchObject({ entries: 20_000, found: 20_000, commits: 0 });
        });
      },
    );
  },
);
