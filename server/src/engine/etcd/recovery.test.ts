import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { EtcdProcess, etcdProblem } from '../../test-support/etcd-process.ts';
import { type Gateway, type GatewayOptions, Gateways } from '../../test-support/gateways.ts';
import { Tampering } from '../../test-support/tampering.ts';
import { failureOf } from '../contract/scene.contract.ts';
import { EtcdError } from './client/cluster.ts';
import type { WatchResponse } from './client/messages.ts';

const problem = etcdProblem();
if (problem !== undefined) console.info(`skipped, gateways whose etcd fails them: ${problem}`);

const put = (path: string, value = 'v') => ({ type: 'put', path, value }) as const;
/** Not only what a gateway writes to see how far it is. */
const hasCommit = ({ events }: WatchResponse) =>
  events.some(({ kv }) => isKey(kv.key, '/.confer/head'));
const isKey = (key: Uint8Array, end: string) => Buffer.from(key).toString().endsWith(end);

describe.skipIf(problem !== undefined)(
  'a gateway whose etcd fails it (where one is installed)',
  () => {
    let etcd: EtcdProcess;
    const gateways = new Gateways('recovery', () => etcd);
    const gateway = (options?: Partial<GatewayOptions>) => gateways.open(options);

    beforeAll(async () => {
      etcd = await EtcdProcess.alone();
    });
    afterAll(() => etcd.remove());
    afterEach(() => gateways.close());

    /** One that is away while `change` happens to what it shows. */
    async function away(change: (other: Gateway) => Promise<unknown>) {
      const tampering = new Tampering();
      const [other, one] = [await gateway(), await gateway({ tamper: tampering.tamper })];
      await other.commit([put('/kept'), put('/gone'), put('/changed')]);
      expect(await one.shows(other.engine.reads.revision)).toBe(true);
      tampering.onWatch = () => [];
      await change(other);
      tampering.onWatch = (response) => [response];
      tampering.cut();
      return { one, other, tampering };
    }

    it('W3 W7 goes on from where it was when its watch breaks, and misses nothing', async () => {
      const { one, other } = await away(async (gone) => {
        for (let i = 0; i < 200; i++) await gone.put(`/n/${i % 20}`, String(i));
      });
      expect(await one.shows(other.engine.reads.revision)).toBe(true);
      expect(one.values()).toEqual(other.values());
      const told = one.events.flatMap((e) => (e.kind === 'commits' ? e.commits : []));
      expect(told.map(({ revision }) => revision)).toEqual(
        [...new Set(told.map(({ revision }) => revision))].sort((a, b) => a - b),
      );
      expect(told).toHaveLength(201);
      expect(one.kinds).not.toContain('jump');
    });

    it('W3 W7 takes a thousand large commits after it was away', { timeout: 60_000 }, async () => {
      const { one, other } = await away(async (gone) => {
        for (let i = 0; i < 100; i++)
          await Promise.all(
            Array.from({ length: 10 }, (_, j) => gone.put(`/large/${j}`, 'x'.repeat(100_000))),
          );
      });
      expect(await one.shows(other.engine.reads.revision, 30_000)).toBe(true);
      expect(one.values()).toEqual(other.values());
    });

    it('W3 W7 shows a removal of 30,000 entries, and goes on', { timeout: 120_000 }, async () => {
      const [one, other] = [await gateway(), await gateway()];
      for (let from = 0; from < 30_000; from += 5_000)
        await one.commit(Array.from({ length: 5_000 }, (_, i) => put(`/n/${from + i}`)));
      const { revision, deletes } = await one.remove('/n');
      expect(deletes).toBe(30_000);
      expect(await other.shows(revision, 20_000)).toBe(true);
      expect(other.values()).toEqual([]);
      await other.put('/after', 'it');
      for (const { engine, kinds } of [one, other]) {
        expect(engine.health.current.kind).toBe('well');
        expect(kinds).not.toContain('jump');
      }
    });

    it('W3 W7 is told in one piece or anew what was removed while it was away', {
      timeout: 120_000,
    }, async () => {
      const { one, other } = await away(async (gone) => {
        for (let from = 0; from < 30_000; from += 5_000)
          await gone.commit(Array.from({ length: 5_000 }, (_, i) => put(`/n/${from + i}`)));
        await gone.remove('/n');
        await gone.put('/after', 'it');
      });
      expect(await one.shows(other.engine.reads.revision, 60_000)).toBe(true);
      expect(one.values()).toEqual(other.values());
      await expect.poll(() => one.engine.health.current.kind, { timeout: 10_000 }).toBe('well');
    });

    it('W3 jumps over what was compacted beneath it, with every delete', async () => {
      const { one, other } = await away(async (gone) => {
        for (let i = 0; i < 3_000; i += 50)
          await Promise.all(
            Array.from({ length: 50 }, (_, j) => gone.put(`/n/${(i + j) % 70}`, String(i))),
          );
        await gone.remove('/gone');
        await gone.put('/changed', 'since');
        await gone.engine.maintenance.compact(gone.engine.reads.revision);
        await gone.put('/after', 'compaction');
      });
      expect(await one.shows(other.engine.reads.revision)).toBe(true);
      expect(one.values()).toEqual(other.values());
      expect(one.kinds.filter((kind) => kind === 'jump')).toHaveLength(1);
      const { reads } = one.engine;
      const states = [...reads.scanStates({ subtree: '/', at: reads.revision })];
      const tombstones = states.flatMap((state) => ('tombstone' in state ? [state.tombstone] : []));
      expect(tombstones).toMatchObject([{ path: '/gone', cause: 'removed' }]);
      expect(reads.tombstoneFloor).toBeLessThan(reads.compactedRevision);
    });

    it('W3 W7 notices that an event was lost, by the next of the same key or of the head', async () => {
      const tampering = new Tampering();
      const [other, one] = [await gateway(), await gateway({ tamper: tampering.tamper })];
      await other.put('/a', '1');
      await one.shows(other.engine.reads.revision);
      let lost = 0;
      // Without what gateways write to see how far they are, which moves positions.
      tampering.onWatch = (response) => (hasCommit(response) && lost++ > 0 ? [response] : []);
      await other.put('/lost', '1');
      await expect.poll(() => lost, { timeout: 5_000 }).toBe(1);
      await other.put('/b', '1');
      await expect.poll(() => lost, { timeout: 5_000 }).toBe(2);
      tampering.onWatch = (response) => [response];
      await expect
        .poll(() => one.values(), { timeout: 5_000 })
        .toEqual(['/a=1', '/b=1', '/lost=1']);
      expect(one.kinds).toContain('jump');
      expect(one.notices.join()).toContain('read anew');
    });

    it.each([
      ['the next commit', 300_000],
      ['a comparison of all keys', 300],
    ])(
      'W3 begins anew where an event was lost and positions went on past it, as %s shows',
      async (_, auditMs) => {
        const tampering = new Tampering();
        const options = { tamper: tampering.tamper, auditMs };
        const [other, one] = [await gateway(), await gateway(options)];
        await other.put('/a', '1');
        await one.shows(other.engine.reads.revision);
        let lost = 0;
        tampering.onWatch = (response) => (hasCommit(response) && lost++ === 0 ? [] : [response]);
        const { revision } = await other.put('/lost', '1');
        await expect.poll(() => lost, { timeout: 5_000 }).toBe(1);
        // Others write, too: asked how far it is, the watch goes on past what was lost.
        etcd.ctl('put', '/elsewhere', 'x');
        expect(await one.shows(revision + 1)).toBe(true);
        if (auditMs > 1_000) await other.put('/b', '1');
        await expect.poll(() => one.kinds, { timeout: 10_000 }).toContain('end');
        expect(one.kinds).not.toContain('jump');
        const again = await gateway();
        expect(again.engine.epoch).not.toBe(one.engine.epoch);
        expect(again.values()).toContain('/lost=1');
      },
    );

    it('W3 begins anew where a part of a commit was lost, which positions went past with the rest', async () => {
      const tampering = new Tampering();
      const options = { tamper: tampering.tamper, auditMs: 300 };
      const [other, one] = [await gateway(), await gateway(options)];
      // The head has come, so that what is shown looks like the history of the cluster.
      tampering.onWatch = (response) => [
        { ...response, events: response.events.filter(({ kv }) => !isKey(kv.key, '/lost')) },
      ];
      const { revision } = await other.commit([put('/kept'), put('/lost')]);
      expect(await one.shows(revision)).toBe(true);
      expect(one.values()).toEqual(['/kept=v']);
      await expect.poll(() => one.kinds, { timeout: 10_000 }).toContain('end');
      expect(one.kinds).not.toContain('jump');
      expect((await gateway()).values()).toEqual(['/kept=v', '/lost=v']);
    });

    it('W3 W7 finds what no later event would show, by comparing all keys', async () => {
      const tampering = new Tampering();
      const options = { tamper: tampering.tamper, auditMs: 300 };
      const [other, one] = [await gateway(), await gateway(options)];
      await other.commit([put('/a'), put('/b'), put('/c')]);
      await one.shows(other.engine.reads.revision);
      tampering.onWatch = (response) => [
        { ...response, events: response.events.filter(({ type }) => type === 'put') },
      ];
      await other.commit([{ type: 'delete', path: '/b' }, put('/d')]);
      await expect.poll(() => one.kinds, { timeout: 5_000 }).toContain('jump');
      expect(one.values()).toEqual(['/a=v', '/c=v', '/d=v']);
      const jumps = one.kinds.filter((kind) => kind === 'jump').length;
      expect(jumps).toBe(1);
    });

    it('W2 passes over what comes twice', async () => {
      const tampering = new Tampering();
      const [other, one] = [await gateway(), await gateway({ tamper: tampering.tamper })];
      tampering.onWatch = (response) => [response, response];
      for (let i = 0; i < 20; i++) await other.put('/a', String(i));
      expect(await one.shows(other.engine.reads.revision)).toBe(true);
      expect(one.kinds.filter((kind) => kind !== 'progress')).toEqual(Array(20).fill('commits'));
    });

    it('S4 makes a write once whose answer was lost, and tells how it went', async () => {
      const tampering = new Tampering();
      const one = await gateway({ tamper: tampering.tamper });
      let lost = 0;
      tampering.afterTxn = ({ success }) => {
        if (success.length > 2 && lost++ % 2 === 0)
          throw new EtcdError('unavailable', 'etcdserver: request timed out');
      };
      const outcomes = [];
      for (let i = 0; i < 10; i++) outcomes.push(await one.put('/n', String(i)));
      expect(lost).toBeGreaterThan(10);
      expect(one.engine.reads.get('/n')).toMatchObject({ version: 10, value: '9' });
      expect(outcomes.every(({ puts }) => puts === 1)).toBe(true);
    });

    it('S4 does not make later what its writer was told was refused', async () => {
      const tampering = new Tampering();
      const [other, one] = [await gateway(), await gateway({ tamper: tampering.tamper })];
      await other.put('/lock', 'theirs');
      // The first try is on its way for long; its condition comes to hold after the writer was refused.
      let release = () => {};
      const held = new Promise<void>((resolve) => {
        release = resolve;
      });
      let late: Promise<unknown> = Promise.resolve();
      let tries = 0;
      const plain = await gateway();
      tampering.beforeTxn = (txn) => {
        if (txn.success.length < 3 || tries++ > 0) return;
        late = held.then(() => sendLate(txn));
        throw new EtcdError('deadline_exceeded', 'no answer');
      };
      const { connectCluster } = await import('./client/grpc-cluster.ts');
      const cluster = connectCluster({
        endpoints: [etcd.url],
        defer: (run) => void setImmediate(run),
      });
      const sendLate = (txn: Parameters<Tampering['beforeTxn']>[0]) =>
        cluster.members[0]?.txn(txn, { timeoutMs: 5_000 });
      const conditions = [{ path: '/lock', modRevision: 0 }];
      const refused = await failureOf(() =>
        one.put('/lock', 'mine', { conditions, requestId: 'late' }),
      );
      expect(refused.code).toBe('conflict');
      await other.remove('/lock');
      release();
      expect(await late).toMatchObject({ succeeded: false });
      cluster.close();
      expect(plain.engine.reads.get('/lock')).toBeUndefined();
      // Its writer may ask for it again, and is judged anew.
      expect(await one.put('/lock', 'mine', { conditions, requestId: 'late' })).toMatchObject({
        puts: 1,
      });
    });

    it('W6 moves on where only others write to the same etcd', { timeout: 60_000 }, async () => {
      const one = await gateway();
      await one.put('/a', '1');
      const before = one.engine.reads.revision;
      for (let i = 0; i < 50; i++) await etcd.post('kv/put', { key: 'b3RoZXI=', value: 'eA==' });
      await expect
        .poll(() => one.engine.reads.revision, { timeout: 45_000 })
        .toBeGreaterThan(before + 40);
      expect(one.kinds.at(-1)).toBe('progress');
    });
  },
);
