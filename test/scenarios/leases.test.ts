import { afterEach, describe, expect, it } from 'vitest';
import type { Client } from '../../client/src/api.ts';
import type { LeaseOptions } from '../../client/src/coordination/api.ts';
import { holderOf } from '../../client/src/coordination/holder.ts';
import { Scene } from './scene.ts';

describe('who holds a lease', () => {
  let scene: Scene;
  const granted = (client: Client, options: LeaseOptions) => holderOf(client).grant(options);
  afterEach(async () => {
    expect(await scene.end()).toEqual([]);
  });

  it('keeps it by itself for as long as it lives, and loses what goes with it soon after it dies', async () => {
    scene = new Scene();
    const [holder, other] = [scene.client('holder'), scene.client('other')];
    const lease = await scene.settled(granted(holder, { ttlMs: 5_000, name: 'orders 7' }));
    await scene.settled(holder.set('/a', '1', { lease: lease.id }));
    await scene.clock.advance(60_000);
    expect(lease.status).toBe('held');
    expect(await scene.settled(other.get('/a'))).toMatchObject({ value: '1', lease: lease.id });
    await scene.settled(holder.close());
    expect(lease.status).toBe('lost');
    expect(lease.loss?.reason).toBe('closed');
    await scene.clock.advance(5_100);
    expect(await scene.settled(other.get('/a'))).toBeUndefined();
  });

  it('is told that it is lost before the server ends it, when the link goes silent', async () => {
    scene = new Scene();
    const [holder, other] = [scene.client('holder'), scene.client('other')];
    const lease = await scene.settled(granted(holder, { ttlMs: 5_000 }));
    await scene.settled(holder.set('/a', '1', { lease: lease.id }));
    let goneAt = Number.POSITIVE_INFINITY;
    const mirror = other.mirror('/a');
    mirror.on('change', () => {
      if (mirror.size === 0) goneAt = scene.clock.elapsedMs;
    });
    await scene.settled(mirror.ready());
    let lostAt = Number.POSITIVE_INFINITY;
    lease.on('lost', () => {
      lostAt = scene.clock.elapsedMs;
    });
    for (const link of scene.links('holder')) link.silence('both');
    await scene.clock.advance(7_000);
    expect(lease.signal.aborted).toBe(true);
    expect(lease.signal.reason).toMatchObject({ code: 'lease_lost' });
    expect(lostAt).toBeLessThan(goneAt);
    expect(goneAt).toBeLessThan(Number.POSITIVE_INFINITY);
  });

  it('takes it for held no longer by an answer that came late', async () => {
    scene = new Scene();
    const [holder, other] = [scene.client('holder'), scene.client('other')];
    const lease = await scene.settled(granted(holder, { ttlMs: 8_000 }));
    await scene.settled(holder.set('/a', '1', { lease: lease.id }));
    const mirror = other.mirror('/a');
    await scene.settled(mirror.ready());
    const asked = () => scene.sentTo('holder').filter(({ type }) => type === 'leases').length;
    const before = asked();
    scene.network.freeze('holder');
    expect(await scene.clock.until(() => asked() > before, 5_000)).toBe(true);
    for (const link of scene.links('holder')) link.silence('up');
    await scene.clock.advance(4_000);
    scene.network.thaw('holder');
    const isHeld = () => lease.status === 'held';
    expect(isHeld()).toBe(true);
    expect(await scene.clock.until(() => !isHeld() || mirror.size === 0, 20_000)).toBe(true);
    expect([isHeld(), mirror.size]).toEqual([false, 1]);
  });

  it('keeps it over a link that died in silence, as another one is looked for in time', async () => {
    scene = new Scene();
    const holder = scene.client('holder');
    const lease = await scene.settled(granted(holder, { ttlMs: 30_000 }));
    await scene.clock.advance(1_000);
    for (const link of scene.links('holder')) link.silence('both');
    await scene.clock.advance(60_000);
    expect(lease.status).toBe('held');
  });

  it('keeps it over a lost connection and a restart of the server that are shorter than its TTL', async () => {
    scene = new Scene();
    const holder = scene.client('holder');
    const lease = await scene.settled(granted(holder, { ttlMs: 10_000 }));
    await scene.settled(holder.set('/a', '1', { lease: lease.id }));
    for (let i = 0; i < 5; i++) {
      for (const link of scene.links('holder')) link.cut();
      await scene.clock.advance(9_000);
    }
    scene.server.crash();
    await scene.clock.advance(3_000);
    scene.server.start();
    await scene.clock.advance(30_000);
    expect(lease.status).toBe('held');
    expect(await scene.settled(holder.get('/a'))).toMatchObject({ lease: lease.id });
  });

  it('is told of its loss also where the same client holds the lease twice', async () => {
    scene = new Scene();
    const holder = scene.client('holder');
    const keep = (id: string) => holderOf(holder).keep(id);
    const first = await scene.settled(granted(holder, { ttlMs: 5_000 }));
    const second = await scene.settled(keep(first.id));
    const third = await scene.settled(keep(first.id));
    await scene.clock.advance(30_000);
    expect([first.status, second.status, third.status]).toEqual(['held', 'held', 'held']);
    await scene.settled(second.revoke());
    await scene.clock.advance(2_500);
    expect([first.signal.aborted, third.signal.aborted]).toEqual([true, true]);
    expect([first.loss?.reason, third.loss?.reason]).toEqual(['over', 'over']);
  });

  it('gives it up with all that goes with it', async () => {
    scene = new Scene();
    const holder = scene.client('holder');
    const lease = await scene.settled(granted(holder, { ttlMs: 10_000 }));
    await scene.settled(holder.set('/a', '1', { lease: lease.id }));
    await scene.settled(holder.set('/b', '1', { lease: lease.id }));
    expect(await scene.settled(lease.revoke())).toMatchObject({ removed: 2 });
    expect(lease.status).toBe('revoked');
    expect(lease.signal.aborted).toBe(true);
    expect(await scene.settled(holder.get('/a'))).toBeUndefined();
  });
});
