import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../../faults/scene.ts';
import { Cluster, clusterProblem } from '../scene.ts';
import { Counter, codeOf, Viewer } from './viewer.ts';

const HEARTBEAT_MS = 500;

/** Each title has the words of its row in docs/cluster.md, "What happens when something fails". */
describe.skipIf(clusterProblem !== undefined)(
  'between clients and members (where etcd is installed)',
  { timeout: 60_000 },
  () => {
    let cluster: Cluster;

    beforeAll(async () => {
      cluster = await Cluster.start({ gateways: 2, heartbeatMs: HEARTBEAT_MS });
    });
    afterEach(() => cluster.mend());
    afterAll(() => cluster.end());

    const first = () => cluster.client([cluster.gateway(0).url]);
    const other = () => cluster.client([cluster.gateway(1).url]);

    it('S4 W3 W5 W9 a gateway is killed: its clients go on at another one, without a gap, and write once', async () => {
      const viewer = await Viewer.open(cluster.client());
      const counter = new Counter(viewer.client, '/killed');
      await until('it counts', () => counter.count >= 10);
      await cluster.gateway(0).kill();
      const { count } = counter;
      await until('it counts on elsewhere', () => counter.count >= count + 10);
      const written = await counter.end();
      expect(Object.fromEntries(counter.failures)).toEqual({});
      await until('the watch has it', () => viewer.putsOf('/killed').length >= written.length);
      expect(viewer.putsOf('/killed')).toEqual(written);
      expect(viewer.shown).toEqual([`/killed=${written.at(-1)}`]);
      expect(viewer.ended).toBeUndefined();
    });

    it('W3 W7 a gateway is killed, and history elsewhere is too short: mirrors get the difference, event watches are told', async () => {
      const writer = other();
      await writer.set('/gone', '1');
      const viewer = await Viewer.open(cluster.client());
      // It is told of nothing any more, and the other gateway starts on what is left of what it was not told.
      cluster.gateway(0).signal('SIGSTOP');
      for (const value of ['1', '2', '3']) await writer.set('/changed', value);
      await writer.remove('/gone');
      await writer.compact();
      await cluster.gateway(1).kill();
      await cluster.gateway(0).kill();
      await cluster.gateway(1).start();
      await until('the watch ends', () => viewer.ended !== undefined);
      expect(viewer.ended).toBe('compacted');
      await until('the mirror is live', () => viewer.mirror.status === 'live');
      expect(viewer.told).toEqual(['resync: /changed=3 -/gone']);
    });

    it('S2 S4 W8 a gateway is paused: its clients leave it after three heartbeats, and then it answers nothing old', async () => {
      const [reader, writer] = [first(), other()];
      await writer.set('/paused', 'old');
      expect((await reader.get('/paused'))?.value).toBe('old');
      const viewer = await Viewer.open(cluster.client());
      const { gateways } = cluster;
      cluster.gateway(0).signal('SIGSTOP');
      const pausedAt = Date.now();
      // What happens from now on is on its way when it goes on.
      for (const proxy of cluster.gateway(0).proxies) proxy.pause('down');
      const read = reader.get('/paused', { timeoutMs: 30_000 });
      const write = viewer.client.set('/once', 'x', { timeoutMs: 30_000 });
      await writer.set('/paused', 'new');
      await until('the mirror is stale', () => viewer.mirror.status === 'stale');
      expect(Date.now() - pausedAt).toBeGreaterThan(2 * HEARTBEAT_MS);
      expect(Date.now() - pausedAt).toBeLessThan(8 * HEARTBEAT_MS);
      await until('the mirror is live elsewhere', () => viewer.mirror.status === 'live');
      expect(viewer.client.status).toMatchObject({ kind: 'open', url: gateways[1]?.url });
      await write;
      cluster.gateway(0).signal('SIGCONT');
      await until('it answers', () => reader.status.kind === 'open');
      expect((await reader.get('/paused', { stale: true }))?.value).toBe('old');
      for (const proxy of cluster.gateway(0).proxies) proxy.resume('down');
      expect((await read)?.value).toBe('new');
      // What was sent to it before its client left is the same write.
      expect((await reader.get('/once'))?.version).toBe(1);
      expect(viewer.putsOf('/once')).toEqual(['x']);
      expect(viewer.putsOf('/paused')).toEqual(['new']);
    });

    it('S2 W3 W7 a connection is silent: reads and writes take another member, and the watch does after six seconds', async () => {
      const writer = other();
      await writer.set('/silent', '0');
      const viewer = await Viewer.open(first());
      const proxy = cluster.gateway(0).proxies[await cluster.followedBy(0, writer)];
      const silentAt = Date.now();
      proxy?.silence('up', 'down');
      const write = viewer.client.set('/written', 'x', { timeoutMs: 30_000 });
      // Nothing has come since, and what another member says is as old.
      expect((await viewer.client.get('/silent'))?.value).toBe('0');
      expect(Date.now() - silentAt).toBeLessThan(3_000);
      await writer.set('/silent', '1');
      expect(await codeOf(viewer.client.get('/silent'))).toBe('unavailable');
      expect(viewer.mirror.get('/silent')?.value).toBe('0');
      await write;
      await until('the mirror shows it', () => viewer.mirror.get('/silent')?.value === '1');
      expect(Date.now() - silentAt).toBeLessThan(12_000);
      expect((await viewer.client.get('/silent'))?.value).toBe('1');
      expect(viewer.mirror.get('/written')?.version).toBe(1);
      expect(viewer.putsOf('/silent')).toEqual(['1']);
      // A connection that lost something never goes on.
      proxy?.cutAll();
    });

    it('S2 W3 W7 history is compacted beneath a gateway that was away: mirrors get one difference, event watches are told', async () => {
      const writer = other();
      await writer.set('/gone', '1');
      const viewer = await Viewer.open(first());
      for (const proxy of cluster.gateway(0).proxies) proxy.cutAll({ refusing: true });
      for (const value of ['1', '2', '3']) await writer.set('/changed', value);
      await writer.remove('/gone');
      const { compactedRevision } = await writer.compact();
      const read = viewer.client.get('/changed');
      const write = viewer.client.set('/written', 'meanwhile');
      for (const proxy of cluster.gateway(0).proxies) proxy.heal();
      expect((await read)?.value).toBe('3');
      expect((await write).revision).toBeGreaterThan(compactedRevision);
      await until('the watch ends', () => viewer.ended !== undefined);
      expect(viewer.ended).toBe('compacted');
      await until('the mirror shows it', () => viewer.mirror.get('/written') !== undefined);
      const differences = viewer.told.filter((told) => told.startsWith('resync'));
      expect(differences).toEqual([expect.stringMatching(/^resync: \/changed=3 -\/gone/)]);
    });
  },
);
