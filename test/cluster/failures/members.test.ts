import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../../faults/scene.ts';
import { isLong } from '../../support/extent.ts';
import { Cluster, clusterProblem } from '../scene.ts';
import { Counter, codeOf, Viewer } from './viewer.ts';

const HEARTBEAT_MS = 500;
/** Three elections, and the one that it takes to notice. */
const NO_LEADER_MS = 5_000;

/** Each title has the words of its row in docs/cluster.md, "What happens when something fails". */
describe.skipIf(clusterProblem !== undefined)(
  'members of a cluster (where etcd is installed)',
  { timeout: 90_000 },
  () => {
    let cluster: Cluster;

    beforeAll(async () => {
      cluster = await Cluster.start({ gateways: 2, heartbeatMs: HEARTBEAT_MS, cutsPeers: true });
    });
    afterEach(() => cluster.mend());
    afterAll(() => cluster.end());

    const first = () => cluster.client([cluster.gateway(0).url]);
    const other = () => cluster.client([cluster.gateway(1).url]);

    /** A member that does not lead, once the first gateway follows it. */
    async function followed() {
      const writer = other();
      for (let tries = 0; tries < 10; tries++) {
        const index = await cluster.followedBy(0, writer);
        const member = cluster.member(index);
        if (!member.look().isLeader) return member;
        cluster.gateway(0).proxies[index]?.cutAll();
      }
      throw new Error('the gateway follows the leader, whatever is done');
    }

    it('S4 W3 W8 a member that is not the leader is killed: nobody sees anything of it', async () => {
      const member = await followed();
      const viewer = await Viewer.open(first());
      const counter = new Counter(viewer.client, '/follower');
      await until('it counts', () => counter.count >= 10);
      await member.kill();
      const { count } = counter;
      await until('it counts on', () => counter.count >= count + 20);
      const written = await counter.end();
      expect(Object.fromEntries(counter.failures)).toEqual({});
      await until('the watch has it', () => viewer.putsOf('/follower').length >= written.length);
      expect(viewer.putsOf('/follower')).toEqual(written);
      expect(viewer.statuses).toEqual([]);
    });

    it('S4 W3 W8 the leader is killed: all wait for the election, and miss nothing', async () => {
      const viewer = await Viewer.open(first());
      const counter = new Counter(viewer.client, '/leader');
      await until('it counts', () => counter.count >= 10);
      await cluster.leader().kill();
      const { count } = counter;
      await until('it counts on', () => counter.count >= count + 10);
      const written = await counter.end();
      // Only of those whose patience was shorter than the election.
      for (const failure of counter.failures.keys()) expect(failure).toMatch(/unavailable$/);
      await until('the watch has it', () => viewer.putsOf('/leader').length >= written.length);
      expect(viewer.putsOf('/leader')).toEqual(written);
      expect(viewer.ended).toBeUndefined();
    });

    it('S2 S4 W3 a member is cut off from the others: its gateway asks elsewhere, and its watch goes on there', async () => {
      const member = await followed();
      const viewer = await Viewer.open(first());
      const counter = new Counter(viewer.client, '/cut');
      await until('it counts', () => counter.count >= 10);
      cluster.peers.cutOff(member.look());
      const cutAt = Date.now();
      // The other gateway may follow the same member.
      const elsewhere = other().set('/elsewhere', 'x', { timeoutMs: 30_000 });
      const { count } = counter;
      await until('it counts on', () => counter.count >= count + 10);
      await elsewhere;
      await until('the mirror shows it', () => viewer.mirror.get('/elsewhere') !== undefined);
      // The member itself says that it has no leader: it is not silent.
      expect(Date.now() - cutAt).toBeLessThan(NO_LEADER_MS + 6_000);
      const written = await counter.end();
      // Others wrote, and what is shown was not as far within three seconds.
      for (const failure of counter.failures.keys()) expect(failure).toBe('get: unavailable');
      await until('the watch has it', () => viewer.putsOf('/cut').length >= written.length);
      expect(viewer.putsOf('/cut')).toEqual(written);
    });

    it('S2 W3 W8 the majority of members is killed: only stale reads are answered, until it is back', async () => {
      const viewer = await Viewer.open(first());
      await viewer.client.set('/majority', '1');
      const [one, two] = cluster.members;
      await Promise.all([one?.kill(), two?.kill()]);
      const lostAt = Date.now();
      expect(await codeOf(viewer.client.get('/majority'))).toBe('unavailable');
      await until('the mirror is stale', () => viewer.mirror.status === 'stale');
      // The member that is left answers until it knows that it has no leader; then six seconds of silence, and a beat.
      expect(Date.now() - lostAt).toBeLessThan(NO_LEADER_MS + 6_000 + 4 * HEARTBEAT_MS);
      const staleAfterMs = (viewer.mirror.staleSince ?? 0) - lostAt;
      expect(staleAfterMs).toBeGreaterThan(-3_000);
      expect(staleAfterMs).toBeLessThan(NO_LEADER_MS + 2_000);
      expect(viewer.client.status.kind).toBe('open');
      const askedAt = Date.now();
      expect(await codeOf(viewer.client.get('/majority'))).toBe('unavailable');
      expect(await codeOf(viewer.client.set('/majority', '2'))).toBe('unavailable');
      expect(Date.now() - askedAt).toBeLessThan(1_000);
      expect(await viewer.client.get('/majority', { stale: true })).toMatchObject({ value: '1' });
      const stale = await viewer.client.list('/majority', { stale: true });
      expect(stale.entries).toHaveLength(1);
      expect(await viewer.client.serverStatus()).toMatchObject({ storage: 'behind' });
      for (const member of [one, two]) member?.start();
      await until('the mirror is live', () => viewer.mirror.status === 'live', 30_000);
      await viewer.client.set('/majority', '3');
      await until('the watch has it', () => viewer.putsOf('/majority').length === 2);
      expect(viewer.putsOf('/majority')).toEqual(['1', '3']);
      expect(viewer.mirror.get('/majority')?.value).toBe('3');
      expect(await viewer.client.serverStatus()).toMatchObject({ storage: 'well' });
    });

    it.skipIf(!isLong)(
      'S4 the majority of members is gone amid a write: it is tried for 30 s, and then nobody knows (in the long mode)',
      async () => {
        const writer = first();
        await writer.set('/amid', '0');
        for (const index of [0, 1]) cluster.member(index).signal('SIGSTOP');
        const lostAt = Date.now();
        const options = { timeoutMs: 60_000 };
        const writes = [1, 2, 3].map((i) => codeOf(writer.set(`/amid/${i}`, 'x', options)));
        expect(new Set(await Promise.all(writes))).toEqual(new Set(['outcome_unknown']));
        expect(Date.now() - lostAt).toBeGreaterThan(25_000);
        expect(Date.now() - lostAt).toBeLessThan(40_000);
      },
    );
  },
);
