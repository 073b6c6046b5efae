import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Client } from '../../client/src/api.ts';
import type { CampaignOptions, LockOptions } from '../../client/src/coordination/locks/api.ts';
import { campaign, observeNamed } from '../../client/src/coordination/locks/election.ts';
import {
  inspectNamed,
  lockNamed,
  withLockNamed,
} from '../../client/src/coordination/locks/lock.ts';
import { partsOf } from '../../client/src/coordination/parts.ts';
import { Scene } from './scene.ts';

let scene: Scene;
beforeEach(() => {
  scene = new Scene();
});
afterEach(async () => {
  expect(await scene.end()).toEqual([]);
});

const lock = (client: Client, name: string, options?: LockOptions) =>
  lockNamed(partsOf(client), name, options);
const elect = (client: Client, name: string, options: CampaignOptions) =>
  campaign(partsOf(client), name, options);
const entries = async (client: Client, path = '/locks') =>
  (await scene.settled(client.list(path))).entries;

describe('a lock', () => {
  it('is of who came first, then of the next, with a token that only rises', async () => {
    const clients = ['a', 'b', 'c'].map((name) => scene.client(name));
    const order: string[] = [];
    const tokens: number[] = [];
    const waiting = [];
    for (const [i, client] of clients.entries()) {
      waiting.push(
        lock(client, 'orders', { about: `work ${i}` }).then(async (held) => {
          order.push(`${i} has it`);
          tokens.push(held.fencingToken);
          await held.release();
        }),
      );
      await scene.clock.advance(100);
      if (i === 0) await scene.settled(Promise.all(waiting.splice(0)));
    }
    await scene.settled(Promise.all(waiting));
    expect(order).toEqual(['0 has it', '1 has it', '2 has it']);
    expect(tokens).toEqual([...tokens].sort((x, y) => x - y));
    expect(new Set(tokens).size).toBe(3);
    expect(await entries(clients[0] ?? scene.client('x'))).toEqual([]);
  });

  it('wakes one waiter when it is free, and not all of them', async () => {
    const holder = scene.client('holder');
    const held = await scene.settled(lock(holder, 'l'));
    const waiters = Array.from({ length: 20 }, (_, i) => `w${i}`);
    for (const name of waiters) {
      void lock(scene.client(name), 'l').catch(() => {});
      await scene.clock.advance(50);
    }
    for (const name of waiters) scene.sentTo(name).length = 0;
    await scene.settled(held.release());
    await scene.clock.advance(100);
    const woken = waiters.filter((name) =>
      scene.sentTo(name).some(({ type }) => type === 'commits' || type === 'listed'),
    );
    expect(woken).toEqual(['w0']);
  });

  it('says who holds it and who waits, and what for', async () => {
    const [a, b, c] = [scene.client('a'), scene.client('b'), scene.client('c')];
    const held = await scene.settled(lock(a, 'l', { about: 'backup' }));
    void lock(b, 'l', { about: 'restore' }).catch(() => {});
    await scene.clock.advance(100);
    const state = await scene.settled(inspectNamed(partsOf(c), 'l'));
    expect(state.holder).toMatchObject({ value: 'backup', fencingToken: held.fencingToken });
    expect(state.waiting).toMatchObject([{ value: 'restore' }]);
    expect(held.path).toBe(`/locks/l/${state.holder?.id}`);
  });

  it('is not waited for with waitMs 0, nor for longer than waitMs, and nothing is left behind', async () => {
    const [a, b] = [scene.client('a'), scene.client('b')];
    const held = await scene.settled(lock(a, 'l'));
    const error = { code: 'lock_held' };
    await expect(scene.settled(lock(b, 'l', { waitMs: 0 }))).rejects.toMatchObject(error);
    const before = scene.clock.elapsedMs;
    await expect(scene.settled(lock(b, 'l', { waitMs: 5_000 }))).rejects.toMatchObject(error);
    expect(scene.clock.elapsedMs - before).toBeLessThan(6_000);
    expect(await entries(a)).toHaveLength(1);
    await scene.settled(held.release());
    const now = await scene.settled(lock(b, 'l', { waitMs: 0 }));
    expect(now.status).toBe('held');
  });

  it('is given up waiting for by a signal, and those behind come to their turn', async () => {
    const [a, b, c] = [scene.client('a'), scene.client('b'), scene.client('c')];
    const held = await scene.settled(lock(a, 'l'));
    const abort = new AbortController();
    const second = lock(b, 'l', { signal: abort.signal });
    second.catch(() => {});
    await scene.clock.advance(50);
    const third = lock(c, 'l');
    await scene.clock.advance(50);
    abort.abort();
    await expect(scene.settled(second)).rejects.toMatchObject({ code: 'aborted' });
    expect(await entries(a)).toHaveLength(2);
    await scene.settled(held.release());
    expect((await scene.settled(third)).status).toBe('held');
  });

  it('is lost before anybody else can hold it, when the link of its holder goes silent', async () => {
    const [a, b] = [scene.client('a'), scene.client('b')];
    const held = await scene.settled(lock(a, 'l', { ttlMs: 5_000 }));
    let lostAt = Number.POSITIVE_INFINITY;
    held.signal.addEventListener('abort', () => {
      lostAt = scene.clock.elapsedMs;
    });
    const next = lock(b, 'l');
    await scene.clock.advance(100);
    for (const link of scene.links('a')) link.silence('both');
    const { fencingToken } = await scene.settled(next);
    expect(lostAt).toBeLessThan(scene.clock.elapsedMs);
    expect(held.status).toBe('lost');
    expect(held.signal.reason).toMatchObject({ code: 'lease_lost' });
    expect(fencingToken).toBeGreaterThan(held.fencingToken);
  });

  it.each([
    ['removed', (by: Client, path: string) => by.remove(path)],
    ['overwritten', (by: Client, path: string) => by.set(path, 'mine')],
  ])('is lost at once where its entry is %s, and the next one gets it', async (_, harm) => {
    const [a, b] = [scene.client('a'), scene.client('b')];
    const held = await scene.settled(lock(a, 'l'));
    const next = lock(b, 'l');
    await scene.clock.advance(100);
    await scene.settled(harm(b, held.path));
    expect(held.signal.aborted).toBe(true);
    expect(held.loss).toMatchObject({ code: 'lease_lost', path: held.path });
    expect((await scene.settled(next)).status).toBe('held');
    await scene.settled(held.release());
  });

  it('S2 fences off a write that comes late, by a condition on its entry', async () => {
    const [a, b] = [scene.client('a'), scene.client('b')];
    const held = await scene.settled(lock(a, 'l'));
    const write = {
      operations: [{ type: 'put', path: '/result', value: '1' }],
      conditions: [{ path: held.path, modRevision: held.fencingToken }],
    } as const;
    await scene.settled(a.commit(write));
    await scene.settled(held.release());
    await scene.settled(lock(b, 'l'));
    await expect(scene.settled(a.commit(write))).rejects.toMatchObject({ code: 'conflict' });
  });

  it('is lost where the server has another history, and can be had again there', async () => {
    const a = scene.client('a');
    const held = await scene.settled(lock(a, 'l'));
    scene.server.crash();
    scene.server.wipe();
    scene.server.start();
    await scene.clock.advance(10_000);
    expect(held.status).toBe('lost');
    expect((await scene.settled(lock(a, 'l'))).status).toBe('held');
  });

  it('is kept over lost connections and a restart of the server, and never queued for twice', async () => {
    const [a, b] = [scene.client('a'), scene.client('b')];
    const held = await scene.settled(lock(a, 'l', { ttlMs: 20_000 }));
    const next = lock(b, 'l', { ttlMs: 20_000 });
    for (let i = 0; i < 5; i++) {
      await scene.clock.advance(3_000);
      for (const link of [...scene.links('a'), ...scene.links('b')]) link.cut();
    }
    scene.server.crash();
    await scene.clock.advance(3_000);
    scene.server.start();
    await scene.clock.advance(30_000);
    expect(held.status).toBe('held');
    expect(await entries(a)).toHaveLength(2);
    await scene.settled(held.release());
    expect((await scene.settled(next)).status).toBe('held');
  });

  it('is queued for anew by who was away for too long, at the end and once', async () => {
    const [a, b, c] = [scene.client('a'), scene.client('b'), scene.client('c')];
    const held = await scene.settled(lock(a, 'l', { ttlMs: 60_000 }));
    const order: string[] = [];
    const tokens = [b, c].map(async (client, i) => {
      const next = await lock(client, 'l', { ttlMs: 3_000 });
      order.push(['b', 'c'][i] ?? '');
      await next.release();
    });
    await scene.clock.advance(100);
    scene.network.freeze('b');
    await scene.clock.advance(15_000);
    scene.network.thaw('b');
    for (const link of scene.links('b')) link.cut();
    await scene.clock.advance(20_000);
    expect(await entries(a)).toHaveLength(3);
    await scene.settled(held.release());
    await scene.settled(Promise.all(tokens));
    expect(order).toEqual(['c', 'b']);
    expect(await entries(a)).toEqual([]);
  });

  it('is given up when its client is closed, and at the end of its block', async () => {
    const [a, b] = [scene.client('a'), scene.client('b')];
    const held = await scene.settled(lock(a, 'l'));
    const next = lock(b, 'l');
    await scene.clock.advance(100);
    const closedAt = scene.clock.elapsedMs;
    await scene.settled(a.close());
    expect([held.status, held.signal.aborted]).toEqual(['released', true]);
    const second = await scene.settled(next);
    expect(scene.clock.elapsedMs - closedAt).toBeLessThan(1_000);
    await scene.settled(second[Symbol.asyncDispose]());
    expect(await entries(b)).toEqual([]);
  });

  it('says that what was run was not protected to its end', async () => {
    const [a, b] = [scene.client('a'), scene.client('b')];
    expect(await scene.settled(withLockNamed(partsOf(a), 'l', ({ name }) => name))).toBe('l');
    const running = withLockNamed(partsOf(a), 'l', async (held) => {
      const lost = new Promise((resolve) => held.signal.addEventListener('abort', resolve));
      await b.remove(held.path);
      await lost;
    });
    await expect(scene.settled(running)).rejects.toMatchObject({ code: 'lease_lost' });
    const closed = scene.client('closed');
    const closing = withLockNamed(partsOf(closed), 'l', () => closed.close());
    await expect(scene.settled(closing)).rejects.toMatchObject({ code: 'closed' });
    const failing = withLockNamed(partsOf(a), 'l', () => Promise.reject(new Error('mine')));
    await expect(scene.settled(failing)).rejects.toThrow('mine');
    expect(await entries(a)).toEqual([]);
  });

  it.each([
    ['', {}, 'invalid_path'],
    ['a/../b', {}, 'invalid_path'],
    ['x'.repeat(300), {}, 'invalid_path'],
    ['/', {}, 'invalid_path'],
    ['.confer/leases', {}, 'reserved_path'],
    ['l', { ttlMs: 1_500 }, 'invalid_argument'],
    ['l', { ttlMs: 1_000 }, 'invalid_argument'],
    ['l', { waitMs: -1 }, 'invalid_argument'],
    ['l', { about: 'x'.repeat(200) }, 'invalid_argument'],
  ])('%j %j is refused before anything is sent', async (name, options, code) => {
    const a = scene.client('a');
    await expect(lock(a, name, options)).rejects.toMatchObject({ code });
    expect(scene.sentTo('a')).toEqual([]);
  });
});

describe('an election', () => {
  it('has one leader, whom all see, with what it says', async () => {
    const [a, b, c] = [scene.client('a'), scene.client('b'), scene.client('c')];
    const observed = observeNamed(partsOf(c), 'primary');
    const told: (string | undefined)[] = [];
    observed.on('change', (leader) => told.push(leader?.value));
    await scene.settled(observed.ready());
    expect(observed.leader).toBeUndefined();
    const first = await scene.settled(elect(a, 'primary', { value: 'a:1' }));
    const second = elect(b, 'primary', { value: 'b:1' });
    await scene.clock.advance(100);
    expect(observed.leader).toMatchObject({ value: 'a:1', fencingToken: first.fencingToken });
    await scene.settled(first.proclaim('a:2'));
    expect(observed.leader?.value).toBe('a:2');
    await scene.settled(first.resign());
    const leader = await scene.settled(second);
    expect(observed.leader?.fencingToken).toBe(leader.fencingToken);
    expect(told).toEqual(['a:1', 'a:2', 'b:1']);
    await expect(first.proclaim('a:3')).rejects.toMatchObject({ code: 'closed' });
    observed.close();
  });

  it('is stale to an observer whose link is away, who is told of the next leader later', async () => {
    const [a, c] = [scene.client('a'), scene.client('c')];
    const observed = observeNamed(partsOf(c), 'primary');
    const first = await scene.settled(elect(a, 'primary', { value: 'a' }));
    await scene.settled(observed.ready());
    for (const link of scene.links('c')) link.silence('both');
    await scene.settled(first.resign());
    await scene.clock.until(() => observed.staleSince !== undefined, 32_000);
    expect(observed.staleSince).toBeDefined();
    expect(observed.leader?.value).toBe('a');
    await scene.clock.advance(20_000);
    expect([observed.leader, observed.staleSince]).toEqual([undefined, undefined]);
  });

  it('lets a leader that lost it say nothing more', async () => {
    const [a, b] = [scene.client('a'), scene.client('b')];
    const first = await scene.settled(elect(a, 'primary', { value: 'a' }));
    await scene.settled(b.remove(first.path));
    await expect(first.proclaim('b')).rejects.toMatchObject({ code: 'lease_lost' });
    expect(await entries(b, '/elections')).toEqual([]);
  });
});
