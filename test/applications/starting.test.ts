import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { ClientOptions } from '../../client/src/api.ts';
import { config } from '../../client/src/config.ts';
import { KeptTexts, put, started } from './scene.ts';

const Pool = z.object({ pool: z.object({ max: z.number(), min: z.number().optional() }) });
const SVC = { '/svc/pool/max': '10', '/svc/pool/min': '1', '/other': 'x' };
const ALL = ['server', 'snapshot', 'bootstrap', 'defaults'] as const;

/** A scene whose reader has seen what is there, kept it, and is gone. */
async function kept(options: Parameters<KeptTexts['store']>[0] = {}) {
  const texts = new KeptTexts();
  const reported: string[] = [];
  const withStore = (): ClientOptions => ({
    snapshot: texts.store(options),
    onError: (error) => reported.push(String(error)),
  });
  const { scene, writer, client } = await started(SVC, withStore());
  const mirror = client.mirror('/svc');
  await scene.settled(mirror.ready());
  await scene.settled(client.close());
  const next = (name: string, more: ClientOptions = {}) =>
    scene.client(name, { ...withStore(), ...more });
  return { scene, writer, texts, reported, next };
}

describe('a mirror that was kept', () => {
  test('shows at once what it showed last, and says that this is old and where it is from', async () => {
    const { scene, next } = await kept();
    scene.server.crash();
    const keptAt = scene.clock.now();
    await scene.clock.advance(60_000);
    const mirror = next('b').mirror('/svc');
    expect(mirror).toMatchObject({ status: 'stale', source: 'snapshot', revision: 1, size: 2 });
    expect(mirror.value('/svc/pool/max')).toBe('10');
    expect(mirror.staleSince).toBeLessThanOrEqual(keptAt);
    expect(mirror.staleSince).toBeGreaterThan(keptAt - 100);
    const ready = mirror.ready({ accept: ['server', 'snapshot'], timeoutMs: 5_000 });
    expect(await scene.settled(ready)).toEqual({ source: 'snapshot', revision: 1 });
    await expect(scene.settled(mirror.ready({ timeoutMs: 5_000 }))).rejects.toMatchObject({
      code: 'timeout',
    });
    await scene.end();
  });

  test('W5 goes on from there: it is sent what changed, and tells exactly that', async () => {
    const { scene, writer, next } = await kept();
    await put(scene, writer, { '/svc/pool/max': '20', '/svc/new': '1' });
    const mirror = next('b').mirror('/svc');
    const changes: string[] = [];
    mirror.on('change', (change) => changes.push(...change.changes.map(({ path }) => path)));
    expect(await scene.settled(mirror.ready())).toEqual({ source: 'server', revision: 2 });
    expect(changes).toEqual(['/svc/new', '/svc/pool/max']);
    expect(scene.sentTo('b').map(({ type }) => type)).not.toContain('snapshot');
    expect(mirror).toMatchObject({ source: 'server', status: 'live', staleSince: undefined });
    expect(await scene.settled(mirror.verify())).toBe(true);
    expect(await scene.end()).toEqual([]);
  });

  test('is asked for anew where the server has another history, and is right in the end (W7)', async () => {
    const { scene, next } = await kept();
    scene.server.wipe();
    scene.server.start();
    const writer = scene.client('second-writer');
    await put(scene, writer, { '/svc/pool/max': '99' });
    const mirror = next('b').mirror('/svc');
    expect(mirror.value('/svc/pool/min')).toBe('1');
    await scene.settled(mirror.ready());
    expect(mirror.list().map(({ path, value }) => [path, value])).toEqual([
      ['/svc/pool/max', '99'],
    ]);
    expect(await scene.settled(mirror.verify())).toBe(true);
    expect(await scene.end()).toEqual([]);
  });

  test('without some of its entries is shown, and then sent anew as a whole', async () => {
    const { scene, texts, next } = await kept({ exclude: ['/svc/*/min'] });
    expect(texts.texts.get('/svc')).not.toContain('/svc/pool/min');
    const mirror = next('b').mirror('/svc');
    expect(mirror.list().map(({ path }) => path)).toEqual(['/svc/pool/max']);
    await scene.settled(mirror.ready());
    expect(mirror.value('/svc/pool/min')).toBe('1');
    expect(await scene.settled(mirror.verify())).toBe(true);
    expect(await scene.end()).toEqual([]);
  });

  test.each([
    ['damaged', (text: string) => text.replace('10', '11'), 'checksum'],
    ['cut off', (text: string) => text.slice(0, -20), 'damaged'],
    ['empty', () => '', 'damaged'],
    ['of something else', () => '{"a":1}\n{"checksum":"x"}\n', 'checksum'],
  ])('and is %s by now is reported and ignored', async (_, spoilt, problem) => {
    const { scene, texts, reported, next } = await kept();
    texts.texts.set('/svc', spoilt(texts.texts.get('/svc') ?? ''));
    const mirror = next('b').mirror('/svc');
    expect(mirror).toMatchObject({ status: 'syncing', source: undefined, size: 0 });
    expect(reported).toEqual([expect.stringContaining(problem)]);
    await scene.settled(mirror.ready());
    expect(mirror.size).toBe(2);
    expect(await scene.end()).toEqual([]);
  });

  test('for too long is reported and ignored', async () => {
    const { scene, reported, next } = await kept({ maxAgeMs: 60_000 });
    await scene.clock.advance(61_000);
    expect(next('b').mirror('/svc').source).toBeUndefined();
    expect(reported).toEqual([expect.stringContaining('too old')]);
    await scene.end();
  });

  test('says once that it cannot be kept any more, and goes on', async () => {
    const { scene, writer, texts, reported, next } = await kept();
    texts.problem = 'no space left';
    const mirror = next('b').mirror('/svc');
    await scene.settled(mirror.ready());
    for (const max of ['1', '2', '3']) {
      await put(scene, writer, { '/svc/pool/max': max });
      await scene.clock.advance(5_000);
    }
    expect(reported).toEqual([expect.stringContaining('no space left')]);
    texts.problem = undefined;
    await put(scene, writer, { '/svc/pool/max': '4' });
    await scene.clock.advance(5_000);
    expect(texts.texts.get('/svc')).toContain('"value":"4"');
    expect(await scene.end()).toEqual([]);
  });
});

describe('a configuration that starts without a server', () => {
  test.each([
    [{ bootstrap: { pool: { max: 3 } }, defaults: { pool: { max: 1, min: 0 } } }, 'bootstrap', 3],
    [{ defaults: { pool: { max: 1, min: 0 } } }, 'defaults', 1],
  ])('has %j at once, and is ready with it for who accepts that', async (options, source, max) => {
    const { scene, client } = await started({ '/other': 'x' });
    scene.server.crash();
    const live = config(client, '/svc', Pool, options);
    expect(live).toMatchObject({ source, revision: undefined });
    expect(live.current.pool.max).toBe(max);
    const ready = live.ready({ accept: ALL, timeoutMs: 5_000 });
    expect(await scene.settled(ready)).toEqual({ source, revision: undefined });
    await expect(scene.settled(live.ready({ timeoutMs: 5_000 }))).rejects.toMatchObject({
      code: 'timeout',
    });
    await scene.end();
  });

  test('takes what was kept before what it brought along, and the server before both', async () => {
    const { scene, writer, next } = await kept();
    scene.server.crash();
    const live = config(next('b'), '/svc', Pool, { bootstrap: { pool: { max: 3 } } });
    expect(live).toMatchObject({ source: 'snapshot', revision: 1 });
    expect(live.current.pool).toEqual({ max: 10, min: 1 });
    expect(await scene.settled(live.ready({ accept: ALL }))).toMatchObject({ source: 'snapshot' });
    scene.server.start();
    expect(await scene.settled(live.ready())).toMatchObject({ source: 'server' });
    await put(scene, writer, { '/svc/pool/max': '11' });
    expect(live.current.pool.max).toBe(11);
    expect(await scene.end()).toEqual([]);
  });

  test('passes over what the schema refuses', async () => {
    const { scene, texts, next } = await kept();
    scene.server.crash();
    const Strict = Pool.refine(({ pool }) => pool.max < 5, 'at most 5');
    const live = config(next('b'), '/svc', Strict, { defaults: { pool: { max: 1 } } });
    expect(live.source).toBe('defaults');
    expect(live.current.pool.max).toBe(1);
    expect(texts.texts.size).toBe(1);
    await scene.end();
  });

  test('waits no longer than for one try of the server, where another source will do', async () => {
    const { scene, client } = await started({ '/other': 'x' });
    scene.server.crash();
    const live = config(client, '/svc', Pool, { defaults: { pool: { max: 1 } } });
    const from = scene.clock.now();
    await scene.settled(live.ready({ accept: ALL, timeoutMs: 600_000 }));
    expect(scene.clock.now() - from).toBeLessThan(10_000);
    await scene.end();
  });

  test('is told of what the server has when that comes, whatever it began with', async () => {
    const { scene, client } = await started(SVC);
    const live = config(client, '/svc', Pool, { defaults: { pool: { max: 1 } } });
    const seen: unknown[] = [];
    live.onChange(({ pool }) => seen.push(pool.max));
    expect(live.current.pool.max).toBe(1);
    await scene.settled(live.ready());
    expect(seen).toEqual([10]);
    expect(live.current.pool).toEqual({ max: 10, min: 1 });
    expect(await scene.end()).toEqual([]);
  });

  test('keeps what it began with where what the server has is bad, for who accepts that', async () => {
    const { scene, client } = await started({ '/svc/pool/max': 'x' });
    const live = config(client, '/svc', Pool, { defaults: { pool: { max: 1 } } });
    const [strict, lenient] = [live.ready(), live.ready({ accept: ALL })];
    await expect(scene.settled(strict)).rejects.toMatchObject({ code: 'rejected' });
    expect(await scene.settled(lenient)).toMatchObject({ source: 'defaults' });
    expect(live.error?.issues).toMatchObject([{ key: 'pool.max', value: 'x' }]);
    expect(await scene.end()).toEqual([]);
  });
});
