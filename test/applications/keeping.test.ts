import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { Client, ClientOptions } from '../../client/src/api.ts';
import { config } from '../../client/src/config.ts';
import { browserSnapshot } from '../../client/src/snapshot.ts';
import type { Scene } from '../scenarios/scene.ts';
import { KeptTexts, put, started } from './scene.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const Any = z.record(z.string(), z.unknown());

/** A program that keeps what it sees, and what it was told of that. */
async function keeping(
  values: Readonly<Record<string, string>>,
  options: Parameters<KeptTexts['store']>[0] = {},
) {
  const texts = new KeptTexts();
  const reported: string[] = [];
  const clientOptions = (): ClientOptions => ({
    snapshot: texts.store(options),
    onError: (error) => reported.push(String(error)),
  });
  const { scene, writer, client } = await started(values, clientOptions());
  const next = (name: string) => scene.client(name, clientOptions());
  return { scene, writer, client, texts, reported, next };
}

async function mirrored(scene: Scene, client: Client, path: string) {
  const mirror = client.mirror(path);
  await scene.settled(mirror.ready());
  return mirror;
}

describe('what a client keeps', () => {
  test('does not get old while the server says that it still holds, however long nothing changes', async () => {
    const { scene, client, reported, next } = await keeping(
      { '/svc/x': '1' },
      { maxAgeMs: 4 * HOUR_MS },
    );
    await mirrored(scene, client, '/svc');
    await scene.clock.advance(DAY_MS);
    scene.server.crash();
    const mirror = next('after a crash').mirror('/svc');
    expect([mirror.source, mirror.size]).toEqual(['snapshot', 1]);
    expect(reported).toEqual([]);
    expect(scene.clock.now() - (mirror.staleSince ?? 0)).toBeLessThan(2 * HOUR_MS);
    await scene.end();
  });

  test('gets old from the moment on at which the server was lost', async () => {
    const { scene, client, reported, next } = await keeping(
      { '/svc/x': '1' },
      { maxAgeMs: HOUR_MS },
    );
    await mirrored(scene, client, '/svc');
    await scene.clock.advance(10_000);
    scene.server.crash();
    await scene.clock.advance(HOUR_MS);
    await scene.settled(client.close());
    expect(next('later').mirror('/svc').source).toBeUndefined();
    expect(reported).toEqual([expect.stringContaining('too old')]);
    await scene.end();
  });

  test.each([
    ['back an hour', -HOUR_MS, 'snapshot', []],
    ['forward a day', DAY_MS, 'snapshot', []],
    ['forward a year', 365 * DAY_MS, undefined, [expect.stringContaining('525')]],
    ['back a year', -365 * DAY_MS, undefined, [expect.stringContaining('nobody knows')]],
  ])(
    'is used where the clock of the machine was set %s by no more than it may be old',
    async (_, stepMs, source, problems) => {
      const { scene, client, reported, next } = await keeping({ '/svc/x': '1' });
      await mirrored(scene, client, '/svc');
      await scene.settled(client.close());
      scene.server.crash();
      scene.clock.step(stepMs);
      const mirror = next('after the step').mirror('/svc');
      expect(mirror.source).toBe(source);
      expect(reported).toEqual(problems);
      if (mirror.staleSince !== undefined)
        expect(mirror.staleSince).toBeLessThanOrEqual(scene.clock.now());
      scene.server.start();
      await scene.settled(mirror.ready());
      expect(mirror).toMatchObject({ source: 'server', status: 'live', size: 1 });
      expect(await scene.settled(mirror.verify())).toBe(true);
      expect(await scene.end()).toEqual([]);
    },
  );

  test.each([
    ['back an hour', -HOUR_MS],
    ['forward a year', 365 * DAY_MS],
  ])('W5 W8 W9 goes on where the clock is set %s under a running program', async (_, stepMs) => {
    const { scene, writer, client, texts, reported } = await keeping({ '/svc/x': '1' });
    const live = config(client, '/svc', Any, { debounce: { minMs: 100, maxMs: 1_000 } });
    await scene.settled(live.ready());
    const seen: unknown[] = [];
    live.onChange(({ x }) => seen.push(x));
    const startedAt = scene.clock.now();
    // Frames under way keep the order of the clock in this network, so all of them begin anew.
    const step = async (byMs: number) => {
      scene.clock.step(byMs);
      for (const link of scene.network.links) link.cut();
      expect(live.staleSince).toBeLessThanOrEqual(Math.max(scene.clock.now(), startedAt));
      await scene.clock.advance(5_000);
    };
    await step(stepMs);
    await put(scene, writer, { '/svc/x': '2' });
    await scene.clock.advance(30_000);
    expect([live.status, seen]).toEqual(['live', [2]]);
    expect(texts.texts.get('/svc') ?? '').toContain('"value":"2"');
    await step(-stepMs);
    await put(scene, writer, { '/svc/x': '3' });
    await scene.clock.advance(60_000);
    expect([live.status, live.staleSince, seen]).toEqual(['live', undefined, [2, 3]]);
    await scene.clock.advance(HOUR_MS);
    const keptAt = Number(/"keptAt":(\d+)/.exec(texts.texts.get('/svc') ?? '')?.[1]);
    expect(Math.abs(scene.clock.now() - keptAt)).toBeLessThan(HOUR_MS);
    expect(reported).toEqual([]);
    expect(await scene.end()).toEqual([]);
  });

  test('of several subtrees is of one moment, whenever the program dies (W4)', async () => {
    const both = (n: number) => ({ '/a/left': `${n}`, '/b/right': `${n}` });
    const { scene, writer, client, texts, next } = await keeping(both(0));
    await scene.settled(config(client, '/a', Any, { layers: ['/b'] }).ready());
    const halves: unknown[] = [];
    for (let n = 1; n <= 10; n++) {
      await put(scene, writer, { '/a/alone': `${n}` });
      await scene.clock.advance(700);
      await put(scene, writer, both(n));
      for (let i = 0; i < 40; i++) {
        await scene.clock.advance(50);
        const [left, right] = ['/a', '/b'].map((path) =>
          /"\/.\/(?:left|right)","value":"(\d+)"/.exec(texts.texts.get(path) ?? '')?.at(1),
        );
        if (left !== right) halves.push([left, right]);
      }
    }
    expect(halves).toEqual([]);
    scene.server.crash();
    const live = config(next('after a crash'), '/a', Any, { layers: ['/b'] });
    expect(live.source).toBe('snapshot');
    expect(live.current.left).toBe(live.current.right);
    await scene.end();
  });

  test('of one subtree that cannot be kept is reported once, whatever becomes of others', async () => {
    const { scene, writer, client, texts, reported } = await keeping({ '/a/x': '1', '/b/x': '1' });
    const write = texts.write.bind(texts);
    texts.write = async (path, state) => {
      if (path === '/a') throw new Error('it is a directory');
      return await write(path, state);
    };
    await mirrored(scene, client, '/a');
    await mirrored(scene, client, '/b');
    for (let n = 2; n < 6; n++) {
      await put(scene, writer, { '/a/x': `${n}`, '/b/x': `${n}` });
      await scene.clock.advance(5_000);
    }
    expect(reported).toEqual([expect.stringContaining('the snapshot of /a is not kept')]);
    expect(texts.texts.get('/b')).toContain('"value":"5"');
    expect(await scene.end()).toEqual([]);
  });

  test('is written soon after the disk has room again, though nothing changes any more', async () => {
    const { scene, client, texts, reported } = await keeping({ '/svc/x': '1' });
    texts.problem = 'no space left';
    await mirrored(scene, client, '/svc');
    await scene.clock.advance(120_000);
    expect(reported).toHaveLength(1);
    expect(texts.texts.size).toBe(0);
    texts.problem = undefined;
    await scene.clock.advance(HOUR_MS);
    expect(texts.texts.get('/svc') ?? '').toContain('"/svc/x"');
    expect(await scene.end()).toEqual([]);
  });

  test('W5 spares the next process what did not change: bytes, not megabytes', async () => {
    const values = Object.fromEntries(
      Array.from({ length: 5_000 }, (_, i) => [`/svc/group-${i % 50}/key-${i}`, `value ${i}`]),
    );
    const { scene, writer, client, next } = await keeping(values);
    await mirrored(scene, client, '/svc');
    await scene.settled(client.close());
    await put(scene, writer, { '/svc/group-1/key-1': 'other' });
    const mirror = await mirrored(scene, next('second'), '/svc');
    expect(mirror.value('/svc/group-1/key-1')).toBe('other');
    const bytes = (name: string) => JSON.stringify(scene.sentTo(name)).length;
    expect(bytes('reader')).toBeGreaterThan(300_000);
    expect(bytes('second')).toBeLessThan(3_000);
    expect(await scene.settled(mirror.verify())).toBe(true);
    expect(await scene.end()).toEqual([]);
  });

  test('leaves no timer when its client is closed, while it is written and after', async () => {
    const { scene, writer, client, texts } = await keeping({ '/svc/x': '1' });
    const write = texts.write.bind(texts);
    texts.write = async (path, state) => {
      await new Promise<void>((resolve) => void scene.clock.setTimer(500, resolve));
      await write(path, state);
    };
    await mirrored(scene, client, '/svc');
    await scene.clock.advance(2_100);
    await put(scene, writer, { '/svc/x': '2' });
    scene.server.crash();
    await scene.settled(Promise.all([client.close(), writer.close()]));
    expect(texts.texts.get('/svc')).toContain('"value":"2"');
    await scene.clock.advance(HOUR_MS);
    expect(scene.clock.pending).toBe(0);
    await scene.end();
  });
});

describe('a glob of what is never kept', () => {
  test.each([
    'secret/**',
    '*',
    '',
    '**secret',
    '/svc/{a,b}',
    '/svc/key-[0-9]',
    '/svc/key-?',
    '!/svc',
  ])('%j would be read otherwise than it was meant, and is refused', (glob) => {
    expect(() => browserSnapshot('flags', { exclude: [glob] })).toThrow(
      expect.objectContaining({ code: 'invalid_argument' }),
    );
  });

  test.each([
    '/svc/secret',
    '/svc/secret/',
    '/svc/sec*',
    '**/secret',
    '/**/secret',
    '**/secret/**',
  ])('%j names all that lies below it, too', async (glob) => {
    const values = {
      '/svc/secret': 'hush-0',
      '/svc/secret/a': 'hush-1',
      '/svc/secret/b/c': 'hush-2',
    };
    const { scene, client, texts } = await keeping(
      { ...values, '/svc/x': '1' },
      { exclude: [glob] },
    );
    await mirrored(scene, client, '/svc');
    await scene.settled(client.close());
    expect(texts.texts.get('/svc')).toContain('/svc/x');
    expect(texts.texts.get('/svc')).not.toMatch(/hush|secret/);
    expect(await scene.end()).toEqual([]);
  });
});
