import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { config } from '../../client/src/config.ts';
import { SeededRandom } from '../../shared/src/test-support/seeded-random.ts';
import { put, started } from './scene.ts';

const Any = z.record(z.string(), z.unknown());

describe('a configuration of several subtrees', () => {
  test('takes each key from the last one that has it, and says who that is', async () => {
    const { scene, client } = await started({
      ...{ '/base/pool/max': '10', '/base/pool/min': '1', '/base/log': 'info' },
      ...{ '/svc/pool/max': '20', '/inst/pool/max': '30', '/inst/tags': '["x"]' },
    });
    const live = config(client, '/base', Any, {
      layers: ['/svc', '/inst'],
      defaults: { log: 'warn', colour: 'red', 'a.b': 1 },
    });
    await scene.settled(live.ready());
    expect(live.current).toEqual({
      ...{ pool: { max: 30, min: 1 }, log: 'info', tags: ['x'], colour: 'red', 'a.b': 1 },
    });
    expect(live.explain('pool.max')).toEqual({
      key: 'pool.max',
      value: 30,
      from: [
        { source: 'server', at: '/inst', value: 30, revision: 1 },
        { source: 'server', at: '/svc', value: 20, revision: 1 },
        { source: 'server', at: '/base', value: 10, revision: 1 },
      ],
    });
    expect(live.explain('a.b')).toMatchObject({ value: 1, from: [{ source: 'defaults' }] });
    expect(live.explain('log').from.map(({ source }) => source)).toEqual(['server', 'defaults']);
    expect(live.explain('nothing.here')).toEqual({
      key: 'nothing.here',
      value: undefined,
      from: [],
    });
    expect(await scene.end()).toEqual([]);
  });

  test('names the entry that is wrong in the subtree that it came from', async () => {
    const { scene, client } = await started({ '/base/n': '1', '/svc/n': 'x' });
    const live = config(client, '/base', z.object({ n: z.number() }), { layers: ['/svc'] });
    await expect(scene.settled(live.ready())).rejects.toMatchObject({
      issues: [{ key: 'n', path: '/svc/n', value: 'x' }],
    });
    expect(await scene.end()).toEqual([]);
  });

  test('lets a key that a later one removed be that of the one before again', async () => {
    const { scene, writer, client } = await started({ '/base/n': '1', '/svc/n': '2' });
    const live = config(client, '/base', Any, { layers: ['/svc'] });
    await scene.settled(live.ready());
    await scene.settled(writer.remove('/svc/n'));
    await scene.clock.advance(100);
    expect(live.current).toEqual({ n: 1 });
    expect(await scene.end()).toEqual([]);
  });

  test.each([1, 2, 3, 4, 5, 6, 7, 8])(
    'W4 never shows half of a commit that changes more than one of them (seed %i)',
    async (seed) => {
      const random = new SeededRandom(seed);
      const { scene, writer, client } = await started({ '/a/n': '0', '/b/n': '0', '/c/n': '0' });
      const Same = z.object({ a: z.number(), b: z.number(), c: z.number() });
      const shown: unknown[] = [];
      // Each subtree has a key of its own, so that halves would be seen.
      const values = (n: number) => ({ '/a/a': `${n}`, '/b/b': `${n}`, '/c/c': `${n}` });
      await put(scene, writer, values(0));
      const live = config(client, '/a', Same.loose(), { layers: ['/b', '/c'] });
      live.onChange(({ a, b, c }) => shown.push([a, b, c]));
      await scene.settled(live.ready());
      for (let n = 1; n <= 20; n++) {
        if (random.chance(0.3)) for (const link of scene.links('reader')) link.cut();
        if (random.chance(0.3)) await put(scene, writer, { '/b/n': `${n}` });
        const written = put(scene, writer, values(n));
        if (random.chance(0.5)) await scene.clock.advance(random.int(0, 2_000));
        await written;
      }
      await scene.clock.advance(60_000);
      expect(live.current).toMatchObject({ a: 20, b: 20, c: 20 });
      for (const all of shown) expect(new Set(Array.isArray(all) ? all : []).size).toBe(1);
      expect(await scene.end()).toEqual([]);
    },
  );
});
