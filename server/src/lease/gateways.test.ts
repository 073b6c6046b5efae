import { type DownMessage, leasePath, type UpMessage } from '@confer/shared';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { Core } from '../core.ts';
import type { Engine, EngineCommit } from '../engine/engine.ts';
import { connectCluster } from '../engine/etcd/client/grpc-cluster.ts';
import { openEtcdEngine } from '../engine/etcd/etcd-engine.ts';
import { leaseOfEtcd } from '../engine/etcd/keyspace/lease-ids.ts';
import { systemRuntime } from '../runtime.ts';
import { EtcdProcess, etcdProblem } from '../test-support/etcd-process.ts';
import { RawClient } from '../test-support/raw-client.ts';

type Request = Extract<UpMessage, { id: number }>;
type Reply = Extract<DownMessage, { id: number }>;

const problem = etcdProblem();
if (problem !== undefined) console.info(`skipped, leases on two gateways: ${problem}`);

let prefixes = 0;
let ids = 0;

/** A gateway with a client on it. */
class Served {
  readonly engine: Engine;
  readonly client: RawClient;
  readonly core: Core;

  constructor(engine: Engine) {
    this.engine = engine;
    this.core = new Core({ engine, runtime: systemRuntime, log: () => {} });
    this.client = RawClient.open(this.core);
  }

  async ask(request: (id: number) => Request): Promise<Reply> {
    const id = ++ids;
    this.client.send(request(id));
    const find = () =>
      this.client.received.find((each): each is Reply => 'id' in each && each.id === id);
    return vi.waitUntil(find, { timeout: 15_000, interval: 5 });
  }

  async grant(ttlMs: number, requestId = `g${ids}`): Promise<string> {
    const reply = await this.ask((id) => ({ type: 'grantLease', id, requestId, ttlMs }));
    if (reply.type !== 'leases') throw new Error(JSON.stringify(reply));
    return reply.leases[0]?.lease ?? '';
  }

  put(path: string, lease?: string): Promise<Reply> {
    const put = { type: 'put', path, value: '1', ...(lease && { lease }) } as const;
    return this.ask((id) => ({ type: 'commit', id, requestId: `p${id}`, operations: [put] }));
  }

  async keepAlive(lease: string): Promise<boolean> {
    const reply = await this.ask((id) => ({ type: 'keepAlive', id, leases: [lease] }));
    if (reply.type !== 'leases') throw new Error(JSON.stringify(reply));
    return reply.leases.length > 0;
  }

  holds(path: string): boolean {
    return this.engine.reads.get(path) !== undefined;
  }

  /** The commit in which a path went, once it has. */
  async endOf(path: string, withinMs: number): Promise<EngineCommit> {
    const find = () =>
      [...this.engine.reads.history(this.engine.reads.compactedRevision)].find(({ changes }) =>
        changes.some((change) => change.type === 'delete' && change.path === path),
      );
    return vi.waitUntil(find, { timeout: withinMs, interval: 10 });
  }
}

function told({ revision, actor, time, changes }: EngineCommit) {
  const gone = changes.map((each) => [each.path, each.type === 'delete' ? each.cause : 'put']);
  return { revision, actor, time, gone };
}

describe.skipIf(problem !== undefined)(
  'leases on two gateways of one store (where etcd is installed)',
  { timeout: 60_000 },
  () => {
    let etcd: EtcdProcess;
    beforeAll(async () => {
      etcd = await EtcdProcess.alone();
    });
    afterAll(() => etcd.remove());

    const open = async (prefix: string) => {
      const { defer } = systemRuntime;
      const cluster = connectCluster({ endpoints: [etcd.url], defer });
      const engine = await openEtcdEngine({ ...systemRuntime, cluster, prefix });
      const served = new Served(engine);
      onTestFinished(() => served.core.stop());
      return served;
    };
    const start = async () => {
      const prefix = `/leases-${prefixes++}`;
      return { a: await open(prefix), b: await open(prefix), prefix };
    };

    it('run out once, at one revision, and both say so in the same words', async () => {
      const { a, b } = await start();
      const lease = await a.grant(2_000);
      const begun = performance.now();
      for (const path of ['/a', '/b']) await a.put(path, lease);
      const [one, other] = await Promise.all([a.endOf('/a', 15_000), b.endOf('/a', 15_000)]);
      expect(performance.now() - begun).toBeGreaterThan(1_900);
      expect(told(one)).toEqual(told(other));
      expect(told(one)).toMatchObject({
        actor: 'confer',
        gone: [
          [leasePath(lease), 'expired'],
          ['/a', 'expired'],
          ['/b', 'expired'],
        ],
      });
      expect(await a.keepAlive(lease)).toBe(false);
      expect(await a.put('/c', lease)).toMatchObject({ code: 'lease_not_found' });
    });

    it('are kept alive through another gateway than they were granted by, which has just ended', async () => {
      const { a, b } = await start();
      const lease = await a.grant(3_000);
      await a.put('/a', lease);
      await a.core.stop();
      for (let i = 0; i < 6; i++) {
        expect(await b.keepAlive(lease)).toBe(true);
        await new Promise((resume) => systemRuntime.clock.setTimer(1_000, () => resume(true)));
      }
      expect(b.holds('/a')).toBe(true);
      expect(await b.ask((id) => ({ type: 'readLease', id, lease }))).toMatchObject({
        leases: [{ lease, ttlMs: 3_000, entries: 1, remainingMs: expect.any(Number) }],
        paths: ['/a'],
      });
    });

    it('are known to a gateway at once that another one has just granted', async () => {
      const { a, b } = await start();
      for (let i = 0; i < 20; i++) expect(await b.keepAlive(await a.grant(60_000))).toBe(true);
    });

    it('S4 are one for all tries of a grant, whichever gateway takes them', async () => {
      const { a, b } = await start();
      const lease = await a.grant(60_000, 'same');
      expect(await b.grant(60_000, 'same')).toBe(lease);
    });

    it('are revoked with all that goes with them, once, and every gateway says by whom', async () => {
      const { a, b, prefix } = await start();
      const lease = await a.grant(60_000);
      for (const path of ['/a', '/b']) await a.put(path, lease);
      const revoke = (id: number) =>
        ({ type: 'revokeLease', id, requestId: 'revoke', lease }) as const;
      const first = await b.ask(revoke);
      expect(first).toMatchObject({ type: 'committed', deletes: 2 });
      expect(await a.ask(revoke)).toMatchObject({ type: 'committed', deletes: 2 });
      const [one, other] = await Promise.all([a.endOf('/a', 5_000), b.endOf('/a', 5_000)]);
      expect(told(one)).toEqual(told(other));
      expect(told(one)).toMatchObject({
        actor: 'test',
        gone: [
          [leasePath(lease), 'revoked'],
          ['/a', 'revoked'],
          ['/b', 'revoked'],
        ],
      });
      expect(await a.keepAlive(lease)).toBe(false);
      const late = await open(prefix);
      expect([late.holds('/a'), late.holds(leasePath(lease))]).toEqual([false, false]);
      expect(await late.put('/a', lease)).toMatchObject({ code: 'lease_not_found' });
    });

    it('are those of the store alone: what others keep in the same etcd is revoked by nobody here', async () => {
      const { a } = await start();
      const { members, close } = connectCluster({
        ...{ endpoints: [etcd.url], defer: systemRuntime.defer },
      });
      onTestFinished(() => close());
      const [member] = members;
      const [foreign, options] = ['81985529216486895', { timeoutMs: 5_000 }];
      await member?.leases.grant(foreign, 60, options);
      const lease = leaseOfEtcd(foreign);
      const revoked = await a.ask((id) => ({ type: 'revokeLease', id, requestId: 'f', lease }));
      expect(revoked).toMatchObject({ type: 'committed', deletes: 0 });
      expect(await member?.leases.timeToLive(foreign, options)).toMatchObject({ ttlS: 59 });
    });

    it('leave what somebody has put for good through another gateway', async () => {
      const { a, b } = await start();
      const lease = await a.grant(2_000);
      for (const path of ['/a', '/b']) await a.put(path, lease);
      await b.put('/a');
      await a.endOf('/b', 15_000);
      expect(a.holds('/a')).toBe(true);
      expect(a.engine.reads.get('/a')).not.toHaveProperty('lease');
    });
  },
);
