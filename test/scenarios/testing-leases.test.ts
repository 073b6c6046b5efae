import type { Commit, NodeClient } from '@confer/client';
import { leasesOf } from '@confer/client/coordination';
import { describe, expect, it } from 'vitest';
import { codeOf, stages } from './testing-stage.ts';

/** What somebody is told of a subtree, each commit by its causes and paths. */
async function follow(client: NodeClient, path: string): Promise<string[]> {
  const watch = client.watch(path);
  await watch.started();
  const told: string[] = [];
  const line = ({ changes }: Commit) =>
    changes
      .map((change) => `${change.type === 'put' ? 'put' : change.cause} ${change.path}`)
      .join(' ');
  void (async () => {
    for await (const commit of watch) told.push(line(commit));
  })();
  return told;
}

describe.each(stages)('leases, as they go over %s', (_, over) => {
  it('take what was put with them along when they are revoked, in one commit', async () => {
    await over(async ({ client, until }) => {
      const [holder, reader] = [client('holder'), client('reader')];
      const told = await follow(reader, '/s');
      const lease = await holder.lease({ ttlMs: 5_000, name: 'mine' });
      await holder.set('/s/b', '1', { lease: lease.id });
      await holder.set('/s/a', '1', { lease: lease.id });
      await holder.set('/s/stays', '1', { lease: lease.id });
      // Put by somebody else for good, it is of no lease any more.
      await reader.set('/s/stays', '2');
      const about = { id: lease.id, ttlMs: 5_000, name: 'mine', entries: 2 };
      expect(await leasesOf(reader).show(lease.id)).toMatchObject({
        ...about,
        paths: ['/s/a', '/s/b'],
      });
      expect((await leasesOf(reader).list()).leases).toMatchObject([about]);
      expect(await holder.get('/s/a')).toMatchObject({ lease: lease.id });
      const { revision } = await reader.list('/s');
      expect(await lease.revoke()).toEqual({ revision: revision + 1, removed: 2 });
      await until(() => told.length === 5);
      expect(told.at(-1)).toBe('revoked /s/a revoked /s/b');
      expect((await reader.list('/s')).entries.map(({ path }) => path)).toEqual(['/s/stays']);
      expect(await codeOf(holder.set('/s/a', '1', { lease: lease.id }))).toBe('lease_not_found');
      expect(await leasesOf(reader).keepAlive(lease.id)).toBe(false);
      expect(await leasesOf(reader).revoke(lease.id)).toMatchObject({ removed: 0 });
      expect(await codeOf(leasesOf(reader).show(lease.id))).toBe('lease_not_found');
    });
  });

  it('end by themselves where nobody keeps them alive, and not before', async () => {
    await over(async ({ client, until }) => {
      const [holder, reader] = [client('holder'), client('reader')];
      const told = await follow(reader, '/s');
      const { id } = await leasesOf(reader).grant({ ttlMs: 2_000 });
      const kept = await holder.lease({ ttlMs: 2_000 });
      await holder.commit({
        operations: [
          { type: 'put', path: '/s/dies', value: '1', lease: id },
          { type: 'put', path: '/s/lives', value: '1', lease: kept.id },
        ],
      });
      await until(() => told.length === 2);
      expect(told[1]).toBe('expired /s/dies');
      expect(kept.status).toBe('held');
      await holder.close();
      await until(() => told.length === 3);
      expect(told[2]).toBe('expired /s/lives');
      expect(kept.loss?.reason).toBe('closed');
    });
  });

  it('are there after a restart, and refuse what cannot be', async () => {
    await over(async ({ client, restart, until }) => {
      const holder = client('holder');
      const lease = await holder.lease({ ttlMs: 10_000 });
      await holder.set('/s/a', '1', { lease: lease.id });
      await restart();
      await until(() => holder.status.kind === 'open');
      expect(await holder.get('/s/a')).toMatchObject({ lease: lease.id });
      expect(lease.status).toBe('held');
      expect(await leasesOf(holder).keepAlive(lease.id)).toBe(true);
      expect(await codeOf(holder.lease({ ttlMs: 1_500 }))).toBe('invalid_argument');
      const unknown = holder.set('/s/b', '1', { lease: '0123456789abcdef' });
      expect(await codeOf(unknown)).toBe('lease_not_found');
      expect(await codeOf(holder.set('/s/b', '1', { lease: 'none' }))).toBe('lease_not_found');
      expect(await holder.get('/s/b')).toBeUndefined();
      const had = { operations: [{ type: 'put', path: '/s/c', value: '1' } as const] };
      const condition = { path: '/s/a', lease: lease.id };
      await holder.commit({ ...had, conditions: [condition] });
      const other = holder.commit({ ...had, conditions: [{ path: '/s/c', lease: lease.id }] });
      expect(await codeOf(other)).toBe('conflict');
    });
  });
});

describe.each(stages)('what is built on leases, as it goes over %s', (_, over) => {
  it('locks are held by one at a time, and go to the next when their holder is gone', async () => {
    await over(async ({ client, until }) => {
      const [a, b] = [client('a'), client('b')];
      const first = await a.lock('job', { ttlMs: 2_000 });
      expect(await codeOf(b.lock('job', { waitMs: 0 }))).toBe('lock_held');
      let second: typeof first | undefined;
      void b.lock('job', { ttlMs: 2_000 }).then((held) => {
        second = held;
      });
      const waiting = async () => (await b.inspectLock('job')).waiting.length;
      let count = 0;
      await until(() => {
        void waiting().then((now) => {
          count = now;
        });
        return count === 1;
      });
      expect(second).toBeUndefined();
      // It dies without a word.
      await a.close();
      await until(() => second !== undefined);
      expect(second?.fencingToken).toBeGreaterThan(first.fencingToken);
      await second?.release();
      expect(await b.withLock('job', () => 'done')).toBe('done');
    });
  });

  it('leaders lead, and whoever looks sees who', async () => {
    await over(async ({ client, until }) => {
      const [a, c] = [client('a'), client('c')];
      const seen = c.observe('primary');
      const leadership = await a.elect('primary', { value: '10.0.0.1:80', ttlMs: 2_000 });
      await until(() => seen.leader?.value === '10.0.0.1:80');
      await leadership.resign();
      await until(() => seen.leader === undefined);
      seen.close();
    });
  });

  it('instances are found while they live', async () => {
    await over(async ({ client, until }) => {
      const [a, b, c] = [client('a'), client('b'), client('c')];
      const found = c.discover('orders');
      await found.ready();
      await a.register('orders', { address: '10.0.0.1:80', ttlMs: 2_000 });
      await b.register('orders', { address: '10.0.0.2:80', ttlMs: 2_000 });
      const addresses = () => found.instances.map(({ address }) => address).sort();
      await until(() => addresses().length === 2);
      await a.close();
      await until(() => addresses().length === 1);
      expect(addresses()).toEqual(['10.0.0.2:80']);
      found.close();
    });
  });
});
