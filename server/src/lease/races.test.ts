import { leasePath, ProtocolError } from '@confer/shared';
import { describe, expect, it } from 'vitest';
import type { Engine, WriteRequest } from '../engine/engine.ts';
import { LeaseScene } from '../test-support/lease-scene.ts';

/** An engine whose writes a test looks at first, and may hold up. */
function watched(engine: Engine, look: (request: WriteRequest) => unknown): Engine {
  const { name, supports, epoch, timelines, reads, feed, health, maintenance } = engine;
  const commit = async (request: WriteRequest) => {
    await look(request);
    return engine.writes.commit(request);
  };
  const same = { name, supports, epoch, timelines, reads, feed, health, maintenance };
  return { ...same, writes: { commit }, close: () => engine.close() };
}

const isEnd = ({ operations }: WriteRequest) =>
  operations[0]?.type === 'delete' && operations[0].path.startsWith('/.confer/leases/');

describe('the end of a lease', () => {
  it('S3 takes what is put in the moment in which it is found to have run out', async () => {
    const on = await LeaseScene.start();
    const lease = await on.grant(10_000);
    await on.put('/a', lease);
    const operations = [{ type: 'put', path: '/late', value: '1', lease } as const];
    on.client.send({ type: 'commit', id: 900, requestId: 'late', operations });
    on.scene.clock.advanceAtOnce(10_000);
    await on.scene.settle();
    expect(on.replyTo(900)).toMatchObject({ type: 'committed' });
    expect([on.holds('/a'), on.holds('/late'), on.holds(leasePath(lease))]).toEqual([
      false,
      false,
      false,
    ]);
    const [...commits] = on.scene.engine.reads.history(0);
    expect(commits.at(-1)?.changes).toHaveLength(3);
  });

  it('lets what is put beside it wait, which is refused then, and done where it is a retry (S4)', async () => {
    const on = await LeaseScene.start();
    const lease = await on.grant(10_000);
    await on.put('/a', lease, 'first');
    const operations = [{ type: 'put', path: '/a', value: '1', lease } as const];
    on.scene.clock.advanceAtOnce(10_000);
    on.client.send({ type: 'commit', id: 900, requestId: 'first', operations });
    on.client.send({ type: 'commit', id: 901, requestId: 'second', operations });
    await on.scene.settle();
    expect(on.replyTo(900)).toMatchObject({ type: 'committed', puts: 1 });
    expect(on.replyTo(901)).toMatchObject({ code: 'lease_not_found' });
    expect(on.holds('/a')).toBe(false);
  });

  it('leaves what somebody puts for good, or with another lease, while it is under way', async () => {
    let release = () => {};
    const isReleased = new Promise<void>((resolve) => {
      release = resolve;
    });
    const on = await LeaseScene.start({
      wrap: (engine) => watched(engine, (request) => (isEnd(request) ? isReleased : undefined)),
    });
    const [lease, other] = [await on.grant(10_000), await on.grant(60_000)];
    for (const path of ['/a', '/b', '/c']) await on.put(path, lease);
    await on.pass(10_000);
    await on.put('/a');
    await on.put('/b', other);
    release();
    await on.scene.settle();
    expect([on.holds('/a'), on.holds('/b'), on.holds('/c')]).toEqual([true, true, false]);
  });

  it('is tried until the disk takes it, and nobody keeps the lease alive meanwhile', async () => {
    let isFull = true;
    const on = await LeaseScene.start({
      wrap: (engine) =>
        watched(engine, (request) => {
          if (isFull && isEnd(request)) throw new ProtocolError('storage_full', 'the disk is full');
        }),
    });
    const lease = await on.grant(10_000);
    await on.put('/a', lease);
    await on.pass(15_000);
    expect(on.holds('/a')).toBe(true);
    expect(await on.keepAlive(lease)).toBe(false);
    const told = on.scene.said.filter((line) => line.includes('cannot be ended yet'));
    expect(told).toHaveLength(1);
    isFull = false;
    await on.pass(1_000);
    expect(on.holds('/a')).toBe(false);
  });

  it('comes in one commit each where very many run out together, a bounded number at once', async () => {
    let underWay = 0;
    let most = 0;
    const on = await LeaseScene.start({
      wrap: (engine) => {
        const { writes, ...same } = watched(engine, () => {});
        const commit = async (request: WriteRequest) => {
          most = Math.max(most, ++underWay);
          return writes.commit(request).finally(() => underWay--);
        };
        return { ...same, writes: { commit } };
      },
    });
    const leases: string[] = [];
    for (let i = 0; i < 1_000; i++) leases.push(await on.grant(10_000, `many-${i}`));
    for (let i = 0; i < 10; i++) await on.put(`/a/${i}`, leases[i]);
    most = 0;
    await on.pass(10_000);
    expect(on.scene.engine.reads.entryCount).toBe(0);
    expect(most).toBeLessThanOrEqual(256);
  });
});
