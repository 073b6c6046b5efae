import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { EtcdProcess } from '../../../server/src/test-support/etcd-process.ts';
import { until } from '../../faults/scene.ts';
import { confer, withDirectory } from '../../support/process.ts';
import { type Cluster, clusterProblem, withCluster } from '../scene.ts';
import { codeOf, Viewer } from './viewer.ts';

/** One member is enough, and a beat that tells soon. */
const SETTINGS = { members: 1, heartbeatMs: 500 };
const ROOT = ['--user', 'root:secret'];
const GRANT = ['role', 'grant-permission', '--prefix=true', 'confer', 'readwrite', '/confer/'];
const REVOKE = ['role', 'revoke-permission', '--prefix=true', 'confer', '/confer/'];
const ADD_USER = [
  ['user', 'add', 'confer:secret'],
  ['user', 'grant-role', 'confer', 'confer'],
];

/** A member that lets a user of Confer in, and root, and two gateways that come as these. */
async function withUsers(use: (cluster: Cluster, etcd: EtcdProcess) => Promise<void>) {
  await withDirectory(async (directory) => {
    await withCluster({ gateways: 0, members: 1 }, async (cluster) => {
      const etcd = cluster.member(0);
      etcd.ctl('user', 'add', 'root:secret');
      etcd.ctl('user', 'grant-role', 'root', 'root');
      etcd.ctl('role', 'add', 'confer');
      for (const each of [GRANT, ...ADD_USER]) etcd.ctl(...each);
      etcd.ctl('auth', 'enable');
      const passwordFile = join(directory, 'password');
      writeFileSync(passwordFile, 'secret\n');
      for (const user of ['confer', 'root'])
        await cluster.startGateway({ heartbeatMs: SETTINGS.heartbeatMs, user, passwordFile });
      await use(cluster, etcd);
    });
  });
}

/** Each title has the words of its row in docs/cluster.md, "What happens when something fails". */
describe.skipIf(clusterProblem !== undefined)(
  'what a cluster keeps (where etcd is installed)',
  { timeout: 60_000, concurrent: true },
  () => {
    it('W8 a gateway starts without the majority of members: it ends after 15 s, with exit code 1', async () => {
      await withCluster({ gateways: 0 }, async (cluster) => {
        const [one, two] = cluster.members;
        await Promise.all([one?.kill(), two?.kill()]);
        const startedAt = Date.now();
        const members = cluster.members.map(({ url }) => url).join(',');
        const { code, stderr } = await confer(['serve', '--engine', 'etcd', '--etcd', members]);
        expect(code).toBe(1);
        expect(stderr).toContain('error[unavailable]: cannot serve from etcd: ');
        expect(Date.now() - startedAt).toBeGreaterThan(14_000);
        expect(Date.now() - startedAt).toBeLessThan(30_000);
      });
    });

    it('S5 W3 W7 etcd is restored from a backup: a new epoch, and each mirror is told one difference', async () => {
      await withDirectory(async (directory) => {
        await withCluster({ gateways: 2, ...SETTINGS }, async (cluster) => {
          const [etcd, backup] = [cluster.member(0), join(directory, 'backup.db')];
          const viewer = await Viewer.open(cluster.client());
          const { epoch } = await viewer.client.serverStatus();
          await viewer.client.set('/kept', '1');
          await viewer.client.set('/changed', 'before');
          etcd.backUp(backup);
          await viewer.client.set('/changed', 'since');
          await viewer.client.set('/lost', '1');
          const told = viewer.told.length;
          await etcd.kill();
          etcd.restore(backup);
          etcd.start();
          await etcd.ready();
          await until('the watch ends', () => viewer.ended !== undefined, 30_000);
          expect(viewer.ended).toBe('compacted');
          await until('the mirror is live', () => viewer.mirror.status === 'live', 30_000);
          expect(viewer.told.slice(told)).toEqual(['resync: /changed=before -/lost']);
          expect(viewer.shown).toEqual(['/changed=before', '/kept=1']);
          expect(await viewer.client.get('/lost')).toBeUndefined();
          expect((await viewer.client.serverStatus()).epoch).not.toBe(epoch);
          await viewer.client.set('/after', '1');
          expect(viewer.mirror.get('/after')?.value).toBe('1');
        });
      });
    });

    it('S5 W7 everything below the prefix is deleted by hand: a new epoch, and mirrors become empty', async () => {
      await withCluster({ gateways: 2, ...SETTINGS }, async (cluster) => {
        const viewer = await Viewer.open(cluster.client());
        const { epoch } = await viewer.client.serverStatus();
        await viewer.client.set('/gone', '1');
        cluster.member(0).ctl('del', '--prefix', '/confer/');
        await until('the watch ends', () => viewer.ended !== undefined, 30_000);
        expect(viewer.ended).toBe('compacted');
        await until('the mirror is empty', () => viewer.mirror.size === 0);
        await until('the mirror is live', () => viewer.mirror.status === 'live', 30_000);
        // As a commit of etcd's, where that came first, or as the difference of the new epoch.
        expect(viewer.told.slice(1)).toEqual([expect.stringMatching(/^(live|resync): -\/gone$/)]);
        expect(await viewer.client.get('/gone')).toBeUndefined();
        expect((await viewer.client.serverStatus()).epoch).not.toBe(epoch);
        await viewer.client.set('/after', '1');
        expect(viewer.shown).toEqual(['/after=1']);
      });
    });

    it('S3 the quota is spent: nothing is written, all is read, and compaction, defragmentation and disarming make room', async () => {
      const etcd = ['--quota-backend-bytes', String(16 * 1024 * 1024)];
      await withCluster({ gateways: 1, ...SETTINGS, etcd }, async (cluster) => {
        const viewer = await Viewer.open(cluster.client());
        const { client } = viewer;
        let written = 0;
        const fill = async () => {
          for (; written < 200; written++) await client.set('/x', `${written} ${'x'.repeat(5e5)}`);
        };
        expect(await codeOf(fill())).toBe('storage_full');
        expect(await codeOf(client.remove('/x'))).toBe('storage_full');
        const last = (await client.get('/x'))?.value;
        expect(last).toMatch(`${written - 1} x`);
        const { storage, storageProblem } = await client.serverStatus();
        expect({ storage, storageProblem }).toEqual({
          storage: 'degraded',
          storageProblem: 'the quota of etcd is spent',
        });
        expect(viewer.mirror.get('/x')?.value).toBe(last);
        expect(viewer.statuses).toEqual([]);
        // As the page says it.
        const member = cluster.member(0);
        expect(member.ctl('alarm', 'list')).toContain('NOSPACE');
        const status = member.ctl('endpoint', 'status', '-w', 'json');
        member.ctl('compact', /"revision":(\d+)/.exec(status)?.[1] ?? '');
        member.ctl('defrag');
        member.ctl('alarm', 'disarm');
        await client.set('/x', 'small');
        expect((await client.serverStatus()).storage).toBe('well');
        await until('the watch has it', () => viewer.putsOf('/x').at(-1) === 'small');
        expect(viewer.putsOf('/x')).toHaveLength(written + 1);
        expect(viewer.statuses).toEqual([]);
      });
    });

    it.each([
      ['its rights', [REVOKE], [GRANT], 'permission denied'],
      ['the user', [['user', 'delete', 'confer']], ADD_USER, 'authentication failed'],
    ])(
      'S2 W8 the user or its rights are taken from the gateway (%s): it shows what it has, until its stream breaks',
      async (_, take, give, reason) => {
        await withUsers(async (cluster, etcd) => {
          const [one, root] = cluster.urls.map((url) => cluster.client([url]));
          if (one === undefined || root === undefined) throw new Error('there are two gateways');
          await one.set('/a', '1');
          const viewer = await Viewer.open(one);
          for (const each of take) etcd.ctl(...ROOT, ...each);
          expect(await codeOf(one.get('/a'))).toBe('unavailable');
          expect((await one.get('/a', { stale: true }))?.value).toBe('1');
          const write = one.set('/a', 'refused');
          await expect(write).rejects.toThrow(reason);
          await expect(write).rejects.toMatchObject({ code: 'unavailable' });
          expect(await one.serverStatus()).toMatchObject({ storage: 'degraded' });
          await root.set('/a', '2');
          await until('the mirror shows it', () => viewer.mirror.get('/a')?.value === '2');
          expect(viewer.statuses).toEqual([]);
          for (const proxy of cluster.gateway(0).proxies) proxy.cutAll();
          await until('the mirror is stale', () => viewer.mirror.status === 'stale');
          expect((await one.get('/a', { stale: true }))?.value).toBe('2');
          for (const each of give) etcd.ctl(...ROOT, ...each);
          await until('the mirror is live', () => viewer.mirror.status === 'live');
          await one.set('/a', '3');
          expect(viewer.mirror.get('/a')?.value).toBe('3');
          expect((await one.serverStatus()).storage).toBe('well');
          expect(viewer.putsOf('/a')).toEqual(['2', '3']);
        });
      },
    );

    it('S3 a commit is too large: it is refused with the limit, and nothing of it is written', async () => {
      await withCluster({ gateways: 1, ...SETTINGS }, async (cluster) => {
        const client = cluster.client();
        const operations = ['/a', '/b'].map((path) => ({
          type: 'put' as const,
          path,
          value: 'x'.repeat(1024 * 1024),
        }));
        const commit = client.commit({ operations });
        await expect(commit).rejects.toMatchObject({ code: 'too_large' });
        await expect(commit).rejects.toThrow('at most 1571840 bytes');
        expect((await client.list('/')).entries).toEqual([]);
      });
    });
  },
);
