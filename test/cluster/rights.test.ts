import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { administrationOf } from '@confer/client/admin';
import { newTokenText } from '@confer/server';
import { describe, expect, it, vi } from 'vitest';
import { withDirectory } from '../support/process.ts';
import { Cluster, clusterProblem } from './scene.ts';

const SOON = { timeout: 15_000, interval: 20 };

async function withGuarded(use: (cluster: Cluster, root: string) => Promise<void>): Promise<void> {
  await withDirectory(async (directory) => {
    const root = newTokenText();
    const bootstrapTokenFile = join(directory, 'own.token');
    writeFileSync(bootstrapTokenFile, root, { mode: 0o600 });
    const settings = { auth: 'on', bootstrapTokenFile } as const;
    const cluster = await Cluster.start({ gateways: 2, members: 1, ...settings });
    try {
      await use(cluster, root);
    } finally {
      await cluster.end();
    }
  });
}

describe.skipIf(clusterProblem !== undefined)(
  'two gateways that ask who everybody is (where etcd is installed)',
  () => {
    it('W11 end a right at the same revision, whichever of them it is taken away over (attack 40)', {
      timeout: 60_000,
    }, async () => {
      await withGuarded(async (cluster, root) => {
        const [a = '', b = ''] = cluster.urls;
        const admin = cluster.client([a], { token: root });
        const { roles, tokens } = administrationOf(admin);
        await roles.set('reader', { allow: [{ verbs: ['read'], on: '/app' }] });
        const { token } = await tokens.create({ name: 'svc', roles: ['reader'], expiresAt: null });
        const writing = { isOn: true };
        const writes = (async () => {
          for (let i = 0; writing.isOn; i++) await admin.set('/app/k', `${i}`);
        })();
        // Both begin with the token that the other one made: the policy comes through the feed.
        const watched = await Promise.all(
          [a, b].map(async (url) => {
            const client = cluster.client([url], { token });
            const revisions: number[] = [];
            const watch = client.watch('/app');
            await watch.started();
            const over = (async () => {
              for await (const { revision } of watch) revisions.push(revision);
            })().catch((error: unknown) => error);
            const mirror = client.mirror('/app');
            await mirror.ready();
            await vi.waitFor(() => expect(revisions.length).toBeGreaterThan(20), SOON);
            return { revisions, over, mirror };
          }),
        );
        const { revision: end } = await roles.set('reader', { allow: [] });
        const ends = await Promise.all(watched.map(({ over }) => over));
        writing.isOn = false;
        await writes;
        for (const [i, { revisions, mirror }] of watched.entries()) {
          expect(ends[i]).toMatchObject({
            code: 'forbidden',
            message: expect.stringContaining(`${end}`),
          });
          expect(revisions.at(-1)).toBe(end - 1);
          expect(mirror.status).toBe('failed');
          expect(mirror.revision).toBeLessThan(end);
          expect(mirror.value('/app/k')).toBeDefined();
        }
      });
    });

    it('S3 have one first admin, though both were given the same token at once (attack 34)', {
      timeout: 60_000,
    }, async () => {
      await withGuarded(async (cluster, root) => {
        for (const url of cluster.urls) {
          const { tokens } = administrationOf(cluster.client([url], { token: root }));
          const listed = (await tokens.list()).tokens;
          expect(listed).toMatchObject([{ name: 'operator', roles: ['admin'] }]);
        }
      });
    });

    it('W11 know the policy of a gateway that was away before they serve anybody', {
      timeout: 60_000,
    }, async () => {
      await withGuarded(async (cluster, root) => {
        const [a = '', b = ''] = cluster.urls;
        const { roles, tokens } = administrationOf(cluster.client([a], { token: root }));
        await roles.set('reader', { allow: [{ verbs: ['read'], on: '/' }] });
        const { token } = await tokens.create({ name: 'svc', roles: ['reader'], expiresAt: null });
        const client = cluster.client([b], { token });
        await client.mirror('/').ready();
        await cluster.gateway(1).kill();
        await tokens.update('svc', { disabled: true });
        await cluster.gateway(1).start();
        await vi.waitFor(
          () =>
            expect(client.status).toMatchObject({ kind: 'waiting', refused: 'unauthenticated' }),
          SOON,
        );
        await tokens.update('svc', { disabled: false });
        await vi.waitFor(() => expect(client.status.kind).toBe('open'), SOON);
      });
    });
  },
);
