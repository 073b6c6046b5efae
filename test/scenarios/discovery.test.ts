import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Client } from '../../client/src/api.ts';
import type {
  DiscoverOptions,
  RegisterOptions,
} from '../../client/src/coordination/discovery/api.ts';
import { discoverAs, registerAs } from '../../client/src/coordination/discovery/register.ts';
import { partsOf } from '../../client/src/coordination/parts.ts';
import { Scene } from './scene.ts';

let scene: Scene;
beforeEach(() => {
  scene = new Scene();
});
afterEach(async () => {
  expect(await scene.end()).toEqual([]);
});

const register = (client: Client, options: Partial<RegisterOptions> = {}) =>
  registerAs(partsOf(client), 'orders', { address: '10.0.0.1:80', ...options });
const discover = (client: Client, options?: DiscoverOptions) =>
  discoverAs(partsOf(client), 'orders', options);
/** A discovery that is live, with the ids of each change that it tells. */
async function watched(client: Client, options?: DiscoverOptions) {
  const discovery = discover(client, options);
  const told: string[] = [];
  discovery.on('change', ({ added, removed, changed }) => {
    const ids = (sign: string, of: readonly { readonly id: string }[]) =>
      of.map(({ id }) => sign + id);
    told.push([...ids('+', added), ...ids('-', removed), ...ids('~', changed)].join(' '));
  });
  await scene.settled(discovery.ready());
  return { discovery, told };
}

describe('an instance', () => {
  it('is seen by all who discover its service, with what it says, until it is taken out', async () => {
    const [a, c] = [scene.client('a'), scene.client('c')];
    const { discovery, told } = await watched(c);
    const one = await scene.settled(register(a, { id: 'one', labels: { zone: 'b' }, weight: 3 }));
    expect(discovery.instances).toEqual([
      { id: 'one', address: '10.0.0.1:80', weight: 3, labels: { zone: 'b' }, state: 'healthy' },
    ]);
    expect(Object.isFrozen(discovery.instances[0])).toBe(true);
    await scene.settled(one.update({ weight: 5 }));
    expect(discovery.instances[0]?.weight).toBe(5);
    await scene.settled(one.deregister());
    expect(discovery.registered).toEqual([]);
    expect(told).toEqual(['+one', '~one', '-one']);
    expect(one.status).toBe('deregistered');
    await expect(one.update({ weight: 1 })).rejects.toMatchObject({ code: 'closed' });
  });

  it('is not turned to while it is unhealthy or drains, and is there still', async () => {
    const [a, c] = [scene.client('a'), scene.client('c')];
    const { discovery } = await watched(c);
    const one = await scene.settled(register(a, { id: 'one', healthy: false }));
    expect([discovery.instances, discovery.pick()]).toEqual([[], undefined]);
    await scene.settled(one.setHealthy(true));
    expect(discovery.pick()?.id).toBe('one');
    await scene.settled(one.setHealthy(false, 'the disk is full'));
    expect(discovery.registered).toMatchObject([
      { state: 'unhealthy', reason: 'the disk is full' },
    ]);
    await scene.settled(one.setHealthy(true));
    await scene.settled(one.drain());
    expect(discovery.instances).toEqual([]);
    expect(discovery.registered).toMatchObject([{ id: 'one', state: 'draining' }]);
    await scene.settled(one.setHealthy(true));
    expect(discovery.registered).toMatchObject([{ state: 'draining' }]);
  });

  it('goes within its TTL when its process dies, and at once when its client is closed', async () => {
    const [a, b, c] = [scene.client('a'), scene.client('b'), scene.client('c')];
    const { discovery, told } = await watched(c);
    await scene.settled(register(a, { id: 'one', ttlMs: 5_000 }));
    await scene.settled(register(b, { id: 'two', ttlMs: 5_000 }));
    await scene.settled(b.close());
    expect(told).toEqual(['+one', '+two', '-two']);
    for (const link of scene.links('a')) link.silence('both');
    await scene.clock.advance(6_500);
    expect(discovery.instances).toEqual([]);
    await scene.clock.advance(60_000);
    expect(told).toEqual(['+one', '+two', '-two', '-one', '+one']);
  });

  it('is registered anew when the server was away for longer than its TTL, and never for less', async () => {
    const [a, c] = [scene.client('a'), scene.client('c')];
    const { discovery, told } = await watched(c);
    const one = await scene.settled(register(a, { id: 'one', ttlMs: 10_000 }));
    const before = discovery.instances;
    scene.server.crash();
    await scene.clock.advance(6_000);
    expect(discovery.instances).toBe(before);
    expect(discovery.staleSince).toBeDefined();
    scene.server.start();
    await scene.clock.advance(20_000);
    expect(discovery.instances).toBe(before);
    expect([one.status, discovery.staleSince]).toEqual(['registered', undefined]);
    scene.server.crash();
    await scene.clock.advance(60_000);
    expect([one.status, discovery.instances]).toEqual(['registering', before]);
    scene.server.start();
    await scene.clock.advance(60_000);
    expect(one.status).toBe('registered');
    expect(discovery.instances).toEqual(before);
    expect(told).toEqual(['+one']);
  });

  it('comes back where the server has another history', async () => {
    const [a, c] = [scene.client('a'), scene.client('c')];
    const { discovery } = await watched(c);
    await scene.settled(register(a, { id: 'one' }));
    scene.server.wipe();
    scene.server.start();
    await scene.clock.advance(30_000);
    expect(discovery.instances).toMatchObject([{ id: 'one' }]);
  });

  it.each([
    ['removed', (by: Client, path: string) => by.remove(path)],
    ['overwritten', (by: Client, path: string) => by.set(path, 'x')],
  ])('comes back where somebody has %s it', async (_, harm) => {
    const reports: unknown[] = [];
    const onError = (error: unknown) => reports.push(error);
    const [a, c] = [scene.client('a'), scene.client('c', { onError })];
    const { discovery } = await watched(c);
    const one = await scene.settled(register(a, { id: 'one' }));
    await scene.settled(harm(c, one.path));
    await scene.clock.advance(5_000);
    expect(discovery.instances).toMatchObject([{ id: 'one' }]);
    expect(discovery.problems).toEqual([]);
  });

  it('is of who registered last, also where the one before was stopped and goes on', async () => {
    const [a, b, c] = [scene.client('a'), scene.client('b'), scene.client('c')];
    const { discovery } = await watched(c);
    const old = await scene.settled(register(a, { id: 'one', address: 'a:1', ttlMs: 5_000 }));
    const told: string[] = [];
    old.on('status', ({ to }) => told.push(to));
    const during = await scene.settled(register(b, { id: 'one', address: 'b:1', ttlMs: 5_000 }));
    await scene.clock.advance(1_000);
    expect([old.status, during.status]).toEqual(['replaced', 'registered']);
    await expect(old.update({ weight: 2 })).rejects.toMatchObject({ code: 'conflict' });

    for (const link of scene.links('b')) link.silence('both');
    await scene.clock.advance(20_000);
    const last = await scene.settled(register(a, { id: 'one', address: 'a:2', ttlMs: 5_000 }));
    await scene.clock.advance(60_000);
    expect([during.status, last.status]).toEqual(['replaced', 'registered']);
    expect(discovery.instances).toMatchObject([{ address: 'a:2' }]);
    expect(told).toEqual(['replaced']);
  });

  it.each([
    [{ address: '' }, 'invalid_argument'],
    [{ address: 'a b' }, 'invalid_argument'],
    [{ address: 'a:1;' }, 'invalid_argument'],
    [{ address: '$(id)' }, 'invalid_argument'],
    [{ address: undefined }, 'invalid_argument'],
    [{ address: 'x'.repeat(256) }, 'invalid_argument'],
    [{ id: 'a/b' }, 'invalid_argument'],
    [{ id: '..' }, 'invalid_path'],
    [{ id: 'x'.repeat(200) }, 'invalid_argument'],
    [{ weight: -1 }, 'invalid_argument'],
    [{ weight: 1.5 }, 'invalid_argument'],
    [{ ttlMs: 500 }, 'invalid_argument'],
    [{ ttlMs: 90_000_000 }, 'invalid_argument'],
    [
      { labels: Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`l${i}`, ''])) },
      'invalid_argument',
    ],
    [{ labels: { zone: 'x'.repeat(129) } }, 'invalid_argument'],
  ])('%j is refused before anything is sent', async (options, code) => {
    const a = scene.client('a');
    await expect(register(a, options as Partial<RegisterOptions>)).rejects.toMatchObject({ code });
    expect(scene.sentTo('a')).toEqual([]);
  });
});

describe('who discovers a service', () => {
  it('keeps what did not change, and reads nothing that is no instance, which is reported once', async () => {
    const reports: string[] = [];
    const onError = (error: unknown) => reports.push(String(error));
    const [a, c] = [scene.client('a'), scene.client('c', { onError })];
    const { discovery, told } = await watched(c);
    await scene.settled(register(a, { id: 'one' }));
    await scene.settled(register(a, { id: 'two' }));
    const [one, two] = discovery.instances;
    await scene.settled(a.set('/services/orders/bad', 'what'));
    await scene.settled(a.set('/services/orders/worse', '{"address":"x","weight":-1}'));
    await scene.settled(a.set('/services/orders/one/below', '{"address":"x"}'));
    await scene.settled(a.set('/services/ordersother/x', '{"address":"x"}'));
    expect(discovery.instances).toEqual([one, two]);
    expect(discovery.problems.map(({ path }) => path)).toEqual([
      '/services/orders/bad',
      '/services/orders/worse',
    ]);
    await scene.settled(a.set('/services/orders/hand', '{"address":"by:hand"}'));
    expect(discovery.instances[0]).toMatchObject({ id: 'hand', weight: 1, state: 'healthy' });
    expect(discovery.instances[1]).toBe(one);
    expect(discovery.instances[2]).toBe(two);
    expect(reports).toHaveLength(2);
    expect(told).toEqual(['+one', '+two', '+hand']);
  });

  it('turns to them by weight, or to the one it has not turned to for longest, and to a zone first', async () => {
    const [a, c] = [scene.client('a'), scene.client('c')];
    const { discovery } = await watched(c);
    await scene.settled(register(a, { id: 'one', weight: 5, labels: { zone: 'x' } }));
    await scene.settled(register(a, { id: 'two', weight: 1, labels: { zone: 'y' } }));
    const three = await scene.settled(register(a, { id: 'three', weight: 1 }));
    await scene.settled(register(a, { id: 'spare', weight: 0 }));
    const picks = (count: number, options = {}) =>
      Array.from({ length: count }, () => discovery.pick(options)?.id ?? '');
    const counted = (of: readonly string[]) =>
      Object.fromEntries(
        ['one', 'two', 'three', 'spare'].map((id) => [id, of.filter((one) => one === id).length]),
      );
    expect(counted(picks(70))).toEqual({ one: 50, two: 10, three: 10, spare: 0 });
    const recent = picks(6, { strategy: 'leastRecent' });
    expect(recent.slice(0, 3)).toEqual(recent.slice(3));
    expect(new Set(recent).size).toBe(3);
    expect(new Set(picks(10, { zone: 'y' }))).toEqual(new Set(['two']));
    expect(new Set(picks(20, { zone: 'nowhere' })).size).toBe(3);
    await scene.settled(three.deregister());
    expect(new Set(picks(20)).size).toBe(2);
    expect(() => discovery.pick({ strategy: 'best' as 'leastRecent' })).toThrow('strategy');
  });

  it('may loop over changes, and gets the newest state where it is slow', async () => {
    const [a, c] = [scene.client('a'), scene.client('c')];
    const { discovery } = await watched(c);
    const changes = discovery.changes();
    const first = changes.next();
    await scene.settled(register(a, { id: 'one' }));
    expect((await first).value).toMatchObject([{ id: 'one' }]);
    await scene.settled(register(a, { id: 'two' }));
    await scene.settled(register(a, { id: 'three' }));
    expect((await changes.next()).value).toHaveLength(3);
    const last = changes.next();
    discovery.close();
    expect(await last).toEqual({ done: true, value: undefined });
  });
});
