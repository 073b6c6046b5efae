import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EtcdProcess, etcdProblem } from '../../test-support/etcd-process.ts';
import { Gateway } from '../../test-support/gateways.ts';
import { failureOf } from '../contract/scene.contract.ts';

const problem = etcdProblem();
if (problem !== undefined) console.info(`skipped, an etcd that was put back: ${problem}`);

describe.skipIf(problem !== undefined)(
  'an etcd that was put back (where one is installed)',
  { timeout: 60_000 },
  () => {
    let etcd: EtcdProcess;
    let directory: string;
    let backup: string;
    let open: Gateway[] = [];

    beforeEach(async () => {
      etcd = await EtcdProcess.alone();
      directory = mkdtempSync(join(tmpdir(), 'confer-restore-'));
      backup = join(directory, 'backup.db');
    });
    afterEach(async () => {
      await Promise.all(open.map(({ engine }) => engine.close()));
      open = [];
      await etcd.remove();
      rmSync(directory, { recursive: true, force: true });
    });

    async function gateway(): Promise<Gateway> {
      const opened = await Gateway.open([etcd.url], { prefix: '/restored' });
      open.push(opened);
      return opened;
    }

    async function putBack(token?: string): Promise<void> {
      await etcd.kill();
      etcd.restore(backup, token);
      etcd.start();
      await etcd.ready();
    }

    const ended = (gateway: Gateway) =>
      expect.poll(() => gateway.kinds, { timeout: 20_000 }).toContain('end');

    it.each([
      ['the same token', undefined],
      ['another token', 'another'],
    ])('S5 W9 has another epoch, which a living gateway notices, with %s', async (_, token) => {
      const before = await gateway();
      await before.put('/a', '1');
      etcd.backUp(backup);
      await before.put('/a', '2');
      await before.put('/b', '2');
      await putBack(token);
      await ended(before);
      expect((await failureOf(() => before.put('/c', '1'))).code).toBe('unavailable');
      const after = await gateway();
      expect(after.engine.epoch).not.toBe(before.engine.epoch);
      expect(after.values()).toEqual(['/a=1']);
      await after.put('/a', '3');
    });

    it('S5 has another epoch when no gateway was there, though more was written since than before', async () => {
      const before = await gateway();
      for (let i = 0; i < 20; i++) await before.put('/a', String(i));
      const { epoch } = before.engine;
      await before.engine.close();
      open = [];
      etcd.backUp(backup);
      for (let i = 0; i < 30; i++) etcd.ctl('put', '/restored/lost', String(i));
      await putBack();
      for (let i = 0; i < 60; i++) etcd.ctl('put', '/restored/by-hand', String(i));
      const after = await gateway();
      expect(after.engine.epoch).not.toBe(epoch);
      expect(after.values()).toEqual(['/a=19', '/by-hand=59']);
      expect(after.notices.join()).toContain('restored');
    });

    it('keeps its epoch when it was only started again, however often', async () => {
      const first = await gateway();
      await first.put('/a', '1');
      for (let i = 0; i < 2; i++) {
        await etcd.kill(i % 2 === 0 ? 'SIGKILL' : 'SIGTERM');
        etcd.start();
        await etcd.ready();
        await expect
          .poll(() => first.put('/a', String(i)).catch(() => undefined), { timeout: 20_000 })
          .toBeDefined();
      }
      expect(first.kinds).not.toContain('end');
      expect((await gateway()).engine.epoch).toBe(first.engine.epoch);
    });

    it('S5 has another epoch when all below the prefix was deleted by hand', async () => {
      const before = await gateway();
      await before.put('/a', '1');
      etcd.ctl('del', '--prefix', '/restored/');
      await ended(before);
      const after = await gateway();
      expect(after.engine.epoch).not.toBe(before.engine.epoch);
      expect(after.values()).toEqual([]);
      await after.put('/a', 'new');
      expect(after.engine.reads.get('/a')).toMatchObject({ version: 1 });
    });

    it('S4 answers what its quota refused with storage_full, and only what was not written', async () => {
      await etcd.remove();
      etcd = await EtcdProcess.alone(['--quota-backend-bytes', String(16 * 1024 * 1024)]);
      const only = await gateway();
      const made: string[] = [];
      const codes = new Set<string>();
      for (let round = 0; round < 8 && codes.size === 0; round++)
        await Promise.all(
          Array.from({ length: 20 }, async (_, i) => {
            const path = `/full/${round}/${i}`;
            try {
              await only.put(path, 'x'.repeat(200_000));
              made.push(path);
            } catch (error) {
              codes.add((await failureOf(() => Promise.reject(error))).code);
            }
          }),
        );
      expect([...codes]).toEqual(['storage_full']);
      await expect.poll(() => only.engine.health.current.kind).toBe('degraded');
      const there = [...only.engine.reads.scan({ subtree: '/', at: only.engine.reads.revision })];
      expect(there.map(({ path }) => path).sort()).toEqual(made.sort());
      await only.engine.reads.barrier();
      // History can be shortened yet: it is what an operator does about it.
      const { revision } = only.engine.reads;
      await only.engine.maintenance.compact(revision);
      expect(only.engine.reads.compactedRevision).toBe(revision);
      expect(() => etcd.ctl('get', '/restored/full/0/0', '--rev', String(revision - 1))).toThrow();
    });
  },
);
