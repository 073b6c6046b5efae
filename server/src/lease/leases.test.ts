import { leaseLimits, leasePath } from '@confer/shared';
import { describe, expect, it } from 'vitest';
import { Kept } from '../test-support/kept.ts';
import { LeaseScene } from '../test-support/lease-scene.ts';
import { RawClient } from '../test-support/raw-client.ts';

describe('a lease', () => {
  it('S3 goes with all of its entries in one commit when it is not kept alive, and says so to those who watch', async () => {
    const on = await LeaseScene.start();
    const lease = await on.grant(10_000);
    await on.put('/a', lease);
    await on.put('/b/c', lease);
    await on.put('/stays');
    const watcher = RawClient.open(on.scene.core);
    watcher.send({ type: 'watch', id: 1, path: '/', mode: 'events', prev: true });
    await on.pass(9_999);
    expect(on.holds('/a')).toBe(true);
    await on.pass(1);
    expect([on.holds('/a'), on.holds('/b/c'), on.holds('/stays')]).toEqual([false, false, true]);
    expect(on.holds(leasePath(lease))).toBe(false);
    const told = watcher.received.flatMap((each) => (each.type === 'commits' ? each.commits : []));
    expect(told).toMatchObject([
      {
        actor: 'confer',
        changes: [
          { type: 'delete', path: '/a', cause: 'expired', prev: { lease } },
          { type: 'delete', path: '/b/c', cause: 'expired', prev: { lease } },
        ],
      },
    ]);
  });

  it('has its whole TTL again after each keep-alive, and never ends early, however the clock of the machine is set', async () => {
    const on = await LeaseScene.start();
    const lease = await on.grant(10_000);
    await on.put('/a', lease);
    for (const step of [0, 3_600_000, -7_200_000, 1]) {
      await on.pass(6_000);
      on.scene.clock.step(step);
      expect(await on.keepAlive(lease)).toBe(true);
    }
    await on.pass(9_999);
    expect(on.holds('/a')).toBe(true);
    on.scene.clock.step(-86_400_000);
    await on.pass(1);
    expect(on.holds('/a')).toBe(false);
    expect(await on.keepAlive(lease)).toBe(false);
  });

  it('S4 is one and the same for each try of its request, and another for another', async () => {
    const on = await LeaseScene.start();
    const first = await on.grant(10_000, 'r1');
    expect(await on.grant(10_000, 'r1')).toBe(first);
    expect(await on.grant(10_000, 'r2')).not.toBe(first);
    const other = await on.ask((id) => ({ type: 'grantLease', id, requestId: 'r1', ttlMs: 5_000 }));
    expect(other).toMatchObject({ code: 'invalid_message' });
    await on.pass(10_000);
    const late = await on.ask((id) => ({ type: 'grantLease', id, requestId: 'r1', ttlMs: 10_000 }));
    expect(late).toMatchObject({ code: 'lease_not_found' });
  });

  it('S4 is the same one when the engine has forgotten that it was asked for, and it is there yet', async () => {
    const on = await LeaseScene.start();
    const lease = await on.grant(86_400_000, 'old');
    for (let i = 0; i < 3; i++) await on.put(`/a/${i}`);
    await on.pass(20 * 60_000);
    await on.scene.engine.maintenance.compact(on.scene.engine.reads.revision);
    // The first connection has said nothing for too long.
    const reply = await on.ask(
      (id) => ({ type: 'grantLease', id, requestId: 'old', ttlMs: 86_400_000 }),
      RawClient.open(on.scene.core),
    );
    expect(reply).toMatchObject({ type: 'leases', leases: [{ lease }], revision: 1 });
  });

  it('S4 is revoked once, with the first outcome for each try, and what is over is no failure', async () => {
    const on = await LeaseScene.start();
    const lease = await on.grant();
    await on.put('/a', lease);
    await on.put('/b', lease);
    const first = await on.revoke(lease, 'v');
    expect(first).toMatchObject({ type: 'committed', deletes: 2 });
    expect([on.holds('/a'), on.holds('/b')]).toEqual([false, false]);
    expect(await on.revoke(lease, 'v')).toMatchObject({ type: 'committed', deletes: 2 });
    expect(await on.revoke(lease, 'w')).toMatchObject({ type: 'committed', deletes: 0 });
    const [gone] = [...on.scene.engine.reads.scanStates({ subtree: '/a', at: 4 })];
    expect(gone).toMatchObject({ tombstone: { cause: 'revoked' } });
  });

  it('takes no entry that somebody has put for good, or with another lease', async () => {
    const on = await LeaseScene.start();
    const [first, second] = [await on.grant(10_000), await on.grant(60_000)];
    for (const path of ['/a', '/b', '/c']) await on.put(path, first);
    await on.put('/a');
    await on.put('/b', second);
    await on.pass(10_000);
    expect([on.holds('/a'), on.holds('/b'), on.holds('/c')]).toEqual([true, true, false]);
    await on.pass(50_000);
    expect([on.holds('/a'), on.holds('/b')]).toEqual([true, false]);
  });

  it('S4 refuses what is put with a lease that is over, and answers a retry of what was put before', async () => {
    const on = await LeaseScene.start();
    const lease = await on.grant();
    await on.put('/a', lease, 'p');
    await on.revoke(lease);
    expect(await on.put('/a', lease, 'p')).toMatchObject({ type: 'committed', puts: 1 });
    expect(await on.put('/b', lease)).toMatchObject({ code: 'lease_not_found' });
    for (const none of ['0123456789abcdef', 'x', '../a', '', '0'.repeat(16), 'f'.repeat(16)])
      expect(await on.put('/b', none)).toMatchObject({ code: 'lease_not_found' });
    expect([on.holds('/a'), on.holds('/b')]).toEqual([false, false]);
  });

  it('S4 takes no more entries than its limit, and puts and retries over those that it has all the same', async () => {
    const on = await LeaseScene.start();
    const lease = await on.grant();
    const { entriesMax } = leaseLimits;
    const puts = (from: number, count: number) =>
      Array.from({ length: count }, (_, i) => ({
        ...{ type: 'put' as const, path: `/a/${from + i}`, value: '1', lease },
      }));
    let ids = 100;
    const commit = async (operations: ReturnType<typeof puts>, requestId: string) => {
      const id = ++ids;
      on.client.send({ type: 'commit', id, requestId, operations });
      const isAnswered = () => on.client.received.some((each) => 'id' in each && each.id === id);
      for (let turns = 0; turns < 500 && !isAnswered(); turns++) await on.pass(1);
      return on.replyTo(id);
    };
    const [first, second] = [puts(0, entriesMax / 2), puts(entriesMax / 2, entriesMax / 2)];
    await commit(first, 'first');
    const made = { type: 'committed', puts: entriesMax / 2 };
    expect(await commit(second, 'second')).toMatchObject(made);
    expect(await commit(second, 'second')).toMatchObject(made);
    expect(await commit([...puts(5, 1), ...puts(5, 1)], 'again')).toMatchObject({ puts: 1 });
    const refused = await commit([...puts(5, 1), ...puts(entriesMax, 1)], 'more');
    expect(refused).toMatchObject({ type: 'error', code: 'too_large' });
  });

  it('has its whole TTL again after a restart of the server, with all that goes with it', async () => {
    const kept = new Kept();
    const before = await LeaseScene.start({ kept });
    const lease = await before.grant(10_000);
    for (let i = 0; i < 3; i++) await before.put(`/a/${i}`, lease);
    await before.put('/stays');
    await before.pass(9_000);
    await before.scene.engine.close();
    const on = await LeaseScene.start({ kept });
    await on.pass(9_999);
    expect(on.holds('/a/0')).toBe(true);
    await on.pass(1);
    expect([on.holds('/a/0'), on.holds('/a/2'), on.holds('/stays')]).toEqual([false, false, true]);
  });

  it.each([0, 1_000, 1_999, 2_500, 86_401_000])('is refused a TTL of %d ms', async (ttlMs) => {
    const on = await LeaseScene.start();
    const reply = await on.ask((id) => ({ type: 'grantLease', id, requestId: 'r', ttlMs }));
    expect(reply).toMatchObject({
      code: 'invalid_message',
      message: expect.stringContaining('2000 to 86400000 ms'),
    });
    expect(on.scene.engine.reads.revision).toBe(0);
  });
});
