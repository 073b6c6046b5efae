import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EtcdProcess, etcdProblem } from '../../test-support/etcd-process.ts';
import { Gateway } from '../../test-support/gateways.ts';
import { failureOf } from '../contract/scene.contract.ts';

const problem = etcdProblem();
if (problem !== undefined) console.info(`skipped, gateways out of touch with etcd: ${problem}`);

describe.skipIf(problem !== undefined)(
  'a gateway that has lost its etcd (where one is installed)',
  { timeout: 60_000 },
  () => {
    let etcd: EtcdProcess;
    let gateway: Gateway;

    beforeEach(async () => {
      etcd = await EtcdProcess.alone();
      gateway = await Gateway.open([etcd.url], { prefix: '/silence' });
      await gateway.put('/a', '1');
    });
    afterEach(async () => {
      etcd.signal('SIGCONT');
      await gateway.engine.close();
      await etcd.remove();
    });

    it.each([
      ['is frozen', 'SIGSTOP'],
      ['was killed', 'SIGKILL'],
    ] as const)(
      'W8 says so within seconds when it %s, fails fast, serves what it has, and goes on',
      async (_, signal) => {
        const { engine } = gateway;
        etcd.signal(signal);
        const lostAt = Date.now();
        await expect.poll(() => engine.health.current.kind, { timeout: 12_000 }).toBe('behind');
        expect(Date.now() - lostAt).toBeLessThan(10_000);
        const health = engine.health.current;
        expect(Math.abs((health.kind === 'behind' ? health.since : 0) - lostAt)).toBeLessThan(
          3_000,
        );
        const askedAt = Date.now();
        expect((await failureOf(() => engine.reads.barrier())).code).toBe('unavailable');
        expect((await failureOf(() => gateway.put('/a', '2'))).code).toBe('unavailable');
        expect(Date.now() - askedAt).toBeLessThan(500);
        expect(gateway.values()).toEqual(['/a=1']);
        if (signal === 'SIGSTOP') etcd.signal('SIGCONT');
        else {
          await etcd.kill();
          etcd.start();
        }
        await expect.poll(() => engine.health.current.kind, { timeout: 20_000 }).toBe('well');
        await engine.reads.barrier();
        await gateway.put('/a', '3');
        expect(gateway.values()).toEqual(['/a=3']);
        expect(gateway.kinds).not.toContain('end');
      },
    );

    it('S4 answers a write whose etcd is gone amid it, one way or the other', async () => {
      const writes = Array.from({ length: 20 }, (_, i) => gateway.put(`/w/${i}`, 'v'));
      etcd.signal('SIGSTOP');
      await new Promise((resume) => setTimeout(resume, 500));
      etcd.signal('SIGCONT');
      const outcomes = await Promise.all(writes);
      expect(new Set(outcomes.map(({ revision }) => revision)).size).toBe(20);
      expect(gateway.values('/w')).toHaveLength(20);
    });
  },
);
