import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { systemRuntime } from '../../runtime.ts';
import { EtcdProcess, etcdProblem } from '../../test-support/etcd-process.ts';
import type { Engine } from '../engine.ts';
import { connectCluster } from './client/grpc-cluster.ts';
import { openEtcdEngine } from './etcd-engine.ts';

const problem = etcdProblem();
if (problem !== undefined) console.info(`skipped, an etcd with users: ${problem}`);

/** What etcdctl says of its version, which is that of etcd. */
const ONLY_ROOT_COMPACTS = /: 3\.(4\.(4[2-9])|5\.(2[89]|[3-9]\d)|6\.(9|\d\d)|[7-9]\.\d+)\n/;
const ONLY_ROOT_ASKS = /: 3\.(4\.(4[2-9])|5\.(2[89]|3[01])|6\.(9|1[01]))\n/;

describe.skipIf(problem !== undefined)(
  'an etcd that knows its users (where one is installed)',
  { timeout: 60_000 },
  () => {
    let etcd: EtcdProcess;
    let engine: Engine | undefined;
    let notices: string[] = [];

    beforeAll(async () => {
      etcd = await EtcdProcess.alone(['--auth-token-ttl', '3']);
      etcd.ctl('user', 'add', 'root:secret');
      etcd.ctl('user', 'grant-role', 'root', 'root');
      etcd.ctl('role', 'add', 'confer');
      etcd.ctl('role', 'grant-permission', 'confer', '--prefix=true', 'readwrite', '/confer/');
      etcd.ctl('user', 'add', 'confer:s3cret');
      etcd.ctl('user', 'grant-role', 'confer', 'confer');
      etcd.ctl('auth', 'enable');
    });
    afterAll(() => etcd.remove());
    afterEach(async () => {
      await engine?.close();
      engine = undefined;
    });

    const open = (name: string, password: string, prefix = '/confer/') => {
      notices = [];
      return openEtcdEngine({
        ...systemRuntime,
        onNotice: (notice) => notices.push(notice),
        cluster: connectCluster({
          endpoints: [etcd.url],
          user: { name, password },
          defer: systemRuntime.defer,
        }),
        prefix,
      });
    };

    const put = (value: string, requestId: string) =>
      engine?.writes.commit({
        operations: [{ type: 'put', path: '/a', value }],
        conditions: [],
        actor: 'ann',
        requestId,
      });

    it('serves a user who may read and write below the prefix alone, also after its token is gone', async () => {
      engine = await open('confer', 's3cret');
      await put('1', 'r1');
      // A token lives for three seconds since it was used.
      await new Promise((resume) => setTimeout(resume, 5_000));
      await put('2', 'r2');
      await engine.reads.barrier();
      expect(engine.reads.get('/a')?.value).toBe('2');
      await engine.maintenance.compact(engine.reads.revision);
      expect(engine.reads.compactedRevision).toBeGreaterThan(0);
      expect(engine.health.current.kind).toBe('well');
      // What newer ones let only root do is said, and done without.
      const version = etcd.ctl('version');
      const hasSaid = (what: string) => notices.some((notice) => notice.includes(what));
      expect(hasSaid('may not compact etcd')).toBe(ONLY_ROOT_COMPACTS.test(version));
      expect(hasSaid('may not ask etcd for its status')).toBe(ONLY_ROOT_ASKS.test(version));
    });

    it('says that it may not write any more, and writes again once it may', async () => {
      engine = await open('confer', 's3cret');
      await put('1', 'r3');
      const root = ['--user', 'root:secret'];
      etcd.ctl(...root, 'role', 'revoke-permission', '--prefix=true', 'confer', '/confer/');
      await expect(put('2', 'r4')).rejects.toMatchObject({ code: 'unavailable' });
      expect(engine.health.current).toMatchObject({ kind: 'degraded' });
      const again = ['role', 'grant-permission', 'confer', '--prefix=true'];
      etcd.ctl(...root, ...again, 'readwrite', '/confer/');
      await put('2', 'r4');
      expect(engine.health.current.kind).toBe('well');
      expect(engine.reads.get('/a')?.value).toBe('2');
    });

    it.each([
      ['a wrong password', 'confer', 'wrong', '/confer/', 'invalid user ID or password'],
      ['a prefix that is not its own', 'confer', 's3cret', '/other/', 'permission denied'],
    ])('refuses %s at once, and says why', async (_, name, password, prefix, reason) => {
      await expect(open(name, password, prefix)).rejects.toThrow(reason);
    });
  },
);
