import { type } from 'arktype';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { config, type StandardSchema } from '../../client/src/config.ts';
import { Scene } from '../scenarios/scene.ts';
import { put, started } from './scene.ts';

const Orders = z.object({
  name: z.string().default('orders'),
  pool: z.object({ max: z.number().max(100), min: z.number().default(1) }),
  limits: z.record(z.string(), z.number()).default({}),
  hosts: z.array(z.string()).default([]),
});

const START = { '/svc/orders/pool/max': '10', '/svc/orders/hosts': '["a","b"]' };

describe('typed configuration', () => {
  test('is the subtree as one object, by the scalar convention, typed by its schema', async () => {
    const { scene, client } = await started({ ...START, '/svc/orders/limits/a.b': '1e3' });
    const orders = config(client, '/svc/orders', Orders);
    expect(await scene.settled(orders.ready())).toEqual({ source: 'server', revision: 1 });
    const { current } = orders;
    const max: number = current.pool.max;
    expect(current).toEqual({
      ...{ name: 'orders', pool: { max: 10, min: 1 }, limits: { 'a.b': 1000 }, hosts: ['a', 'b'] },
    });
    expect(max).toBe(10);
    expect(orders).toMatchObject({
      source: 'server',
      revision: 1,
      status: 'live',
      error: undefined,
    });
    expect(await scene.end()).toEqual([]);
  });

  test.each([
    ['zod', z.object({ pool: z.object({ max: z.number() }) })],
    ['valibot', v.object({ pool: v.object({ max: v.number() }) })],
    ['arktype', type({ pool: { max: 'number' } })],
  ])('takes a schema of %s, and names what is wrong by key, path and value', async (_, schema) => {
    const { scene, writer, client } = await started(START);
    const orders = config(client, '/svc/orders', schema);
    await scene.settled(orders.ready());
    expect(orders.current.pool.max).toBe(10);
    const { revision } = await put(scene, writer, { '/svc/orders/pool/max': 'many' });
    expect(orders.current.pool.max).toBe(10);
    expect(orders.error?.code).toBe('rejected');
    expect(orders.error).toMatchObject({
      revision,
      issues: [{ key: 'pool.max', path: '/svc/orders/pool/max', value: 'many' }],
    });
    expect(orders.error?.issues[0]?.message).toMatch(/number/);
    expect(orders.error?.message).toContain('pool.max: ');
    expect(await scene.end()).toEqual([]);
  });

  test('W4 swaps once a commit, however many keys that has, and never shows half of one', async () => {
    const { scene, writer, client } = await started(START);
    const orders = config(client, '/svc/orders', Orders);
    await scene.settled(orders.ready());
    const seen: unknown[] = [];
    orders.onChange((next, previous, difference) => {
      expect(previous).not.toBe(next);
      seen.push([next.pool, next.hosts, difference.map(({ key, type }) => `${type} ${key}`)]);
    });
    await put(scene, writer, { '/svc/orders/pool/max': '20', '/svc/orders/pool/min': '2' });
    await put(scene, writer, { '/svc/orders/hosts': '[]' });
    expect(seen).toEqual([
      [{ max: 20, min: 2 }, ['a', 'b'], ['changed pool.max', 'changed pool.min']],
      [{ max: 20, min: 2 }, [], ['changed hosts']],
    ]);
    expect(await scene.end()).toEqual([]);
  });

  test('is frozen through and through, and what did not change stays the same object', async () => {
    const { scene, writer, client } = await started(START);
    const orders = config(client, '/svc/orders', Orders);
    await scene.settled(orders.ready());
    const before = orders.current;
    expect(() => Object.assign(before.pool, { max: 99 })).toThrow(TypeError);
    expect(() => Object.assign(before.hosts, ['x'])).toThrow(TypeError);
    await put(scene, writer, { '/svc/orders/pool/max': '11' });
    expect(orders.current).not.toBe(before);
    expect(orders.current.hosts).toBe(before.hosts);
    expect(orders.current.limits).toBe(before.limits);
    expect(await scene.end()).toEqual([]);
  });

  test('calls who selects a part only when that part differs', async () => {
    const { scene, writer, client } = await started(START);
    const orders = config(client, '/svc/orders', Orders);
    await scene.settled(orders.ready());
    const maxima: [number, number][] = [];
    const hosts: (readonly string[])[] = [];
    orders.select(
      ({ pool }) => pool.max,
      (next, previous) => maxima.push([next, previous]),
    );
    const off = orders.select(
      (all) => all.hosts,
      (next) => hosts.push(next),
    );
    await put(scene, writer, { '/svc/orders/pool/max': '11' });
    await put(scene, writer, { '/svc/orders/pool/max': '11.0' });
    await put(scene, writer, { '/svc/orders/hosts': '["c"]' });
    off();
    await put(scene, writer, { '/svc/orders/hosts': '["d"]' });
    expect(maxima).toEqual([[11, 10]]);
    expect(hosts).toEqual([['c']]);
    expect(await scene.end()).toEqual([]);
  });

  test('keeps the last good object while states are bad, tells of each new reason once, and judges each anew', async () => {
    const { scene, writer, client } = await started(START);
    const orders = config(client, '/svc/orders', Orders);
    await scene.settled(orders.ready());
    const errors: string[] = [];
    let swaps = 0;
    orders.on('error', ({ issues }) => errors.push(issues.map(({ key }) => key).join()));
    orders.onChange(() => swaps++);
    const before = orders.current;
    await put(scene, writer, { '/svc/orders/pool/max': '101' });
    await put(scene, writer, { '/svc/orders/hosts': '["z"]' });
    await put(scene, writer, { '/svc/orders/pool/min': 'x' });
    expect(orders.current).toBe(before);
    expect(orders.revision).toBe(1);
    expect(errors).toEqual(['pool.max', 'pool.max,pool.min']);
    await put(scene, writer, { '/svc/orders/pool/max': '7', '/svc/orders/pool/min': '3' });
    expect(orders.error).toBeUndefined();
    expect(orders.current).toMatchObject({ pool: { max: 7, min: 3 }, hosts: ['z'] });
    expect(swaps).toBe(1);
    expect(await scene.end()).toEqual([]);
  });

  test('says so at once where what the server has is bad from the start', async () => {
    const { scene, writer, client } = await started({ '/svc/orders/pool/max': 'x' });
    const orders = config(client, '/svc/orders', Orders);
    await expect(scene.settled(orders.ready())).rejects.toMatchObject({
      ...{ code: 'rejected', issues: [{ key: 'pool.max' }] },
    });
    expect(() => orders.current).toThrow('pool.max');
    expect(orders.getSnapshot()).toBeUndefined();
    await put(scene, writer, { '/svc/orders/pool/max': '5' });
    expect(orders.current.pool.max).toBe(5);
    expect(await scene.settled(orders.ready())).toMatchObject({ source: 'server' });
    expect(await scene.end()).toEqual([]);
  });

  test('survives a schema that throws, promises, or rejects, and takes the latest state of those that came', async () => {
    const { scene, writer, client } = await started({ '/a/n': '1' });
    let judged = 0;
    const slow: StandardSchema<unknown, unknown> = {
      '~standard': {
        ...{ version: 1, vendor: 'ours' },
        async validate(value) {
          judged += 1;
          await new Promise<void>((resolve) => void scene.clock.setTimer(500, resolve));
          const text = JSON.stringify(value);
          if (text === '{"n":3}') throw new Error('the checker is down');
          return text === '{"n":2}' ? { issues: [{ message: 'no twos' }] } : { value };
        },
      },
    };
    const live = config(client, '/a', slow);
    expect(await scene.settled(live.ready())).toMatchObject({ source: 'server' });
    for (const n of ['2', '4', '5', '6']) await put(scene, writer, { '/a/n': n });
    await scene.clock.advance(5_000);
    expect(live.current).toEqual({ n: 6 });
    expect(judged).toBe(3);
    await put(scene, writer, { '/a/n': '3' });
    await scene.clock.advance(5_000);
    expect(live.error?.message).toContain('the checker is down');
    expect(live.current).toEqual({ n: 6 });
    expect(await scene.end()).toEqual([]);
  });

  test('of two paths that stand for one key is refused, and says which', async () => {
    const { scene, writer, client } = await started({ '/a/100%25': '1' });
    const live = config(client, '/a', z.record(z.string(), z.unknown()));
    await scene.settled(live.ready());
    expect(live.current).toEqual({ '100%': 1 });
    await put(scene, writer, { '/a/100%': '2' });
    expect(live.error?.message).toContain('/a/100% and /a/100%25 are both the key "100%"');
    expect(live.current).toEqual({ '100%': 1 });
    await scene.settled(writer.remove('/a/100%25'));
    expect(live.current).toEqual({ '100%': 2 });
    expect(await scene.end()).toEqual([]);
  });

  test('waits with `debounce` until it is quiet, and no longer than `maxMs`', async () => {
    const { scene, writer, client } = await started(START);
    const live = config(client, '/svc/orders', Orders, { debounce: { minMs: 100, maxMs: 1_000 } });
    await scene.settled(live.ready());
    const seen: number[] = [];
    live.select(
      ({ pool }) => pool.max,
      (max) => seen.push(max),
    );
    await put(scene, writer, { '/svc/orders/pool/max': '11' });
    await put(scene, writer, { '/svc/orders/pool/max': '12' });
    expect(seen).toEqual([]);
    await scene.clock.advance(200);
    expect(seen).toEqual([12]);
    for (let max = 20; max < 60; max++) {
      await put(scene, writer, { '/svc/orders/pool/max': `${max}` });
      await scene.clock.advance(50);
    }
    expect(seen.length).toBeGreaterThan(2);
    expect(seen.length).toBeLessThan(10);
    await scene.clock.advance(200);
    expect(seen.at(-1)).toBe(59);
    expect(await scene.end()).toEqual([]);
  });

  test('W12 shows what its own client wrote when the write returns', async () => {
    const { scene, client } = await started(START);
    const live = config(client, '/svc/orders', Orders);
    await scene.settled(live.ready());
    for (let max = 1; max <= 5; max++) {
      await scene.settled(client.set('/svc/orders/pool/max', `${max}`));
      expect(live.current.pool.max).toBe(max);
    }
    expect(await scene.end()).toEqual([]);
  });

  test('does not let one listener that throws keep others from being called', async () => {
    const reported: unknown[] = [];
    const onError = (error: unknown) => reported.push(error);
    const { scene, writer, client } = await started(START, { onError });
    const live = config(client, '/svc/orders', Orders);
    await scene.settled(live.ready());
    let calls = 0;
    live.onChange(() => {
      throw new Error('mine');
    });
    live.select(
      () => {
        throw new Error('also mine');
      },
      () => {},
    );
    live.onChange(() => calls++);
    await put(scene, writer, { '/svc/orders/pool/max': '11' });
    expect(calls).toBe(1);
    expect(reported.map(String)).toEqual(['Error: mine', 'Error: also mine']);
    expect(await scene.end()).toEqual([]);
  });

  test('after `close`, or its signal, calls nobody and leaves nothing behind', async () => {
    const { scene, writer, client } = await started(START);
    const ending = new AbortController();
    const { signal } = ending;
    const live = config(client, '/svc/orders', Orders, { signal });
    await scene.settled(live.ready());
    live.onChange(() => expect.unreachable());
    ending.abort();
    await put(scene, writer, { '/svc/orders/pool/max': '11' });
    expect(live.status).toBe('closed');
    expect(live.current.pool.max).toBe(10);
    await expect(live.ready()).resolves.toMatchObject({ source: 'server' });
    expect(client.diagnostics().watches).toEqual([]);
    expect(await scene.end()).toEqual([]);
  });
});

describe('bad arguments of a configuration', () => {
  test.each([
    ['a path that is none', 'a//b', Orders, {}, 'invalid_path'],
    ['a schema of nobody', '/a', { parse: () => 1 }, {}, 'invalid_argument'],
    ['no schema', '/a', undefined, {}, 'invalid_argument'],
    ['a debounce without its end', '/a', Orders, { debounce: { minMs: 5 } }, 'invalid_argument'],
    [
      'a debounce that ends first',
      '/a',
      Orders,
      { debounce: { minMs: 5, maxMs: 1 } },
      'invalid_argument',
    ],
    ['a layer twice', '/a', Orders, { layers: ['/a'] }, 'invalid_argument'],
    [
      'too many layers',
      '/a',
      Orders,
      { layers: Array.from({ length: 16 }, (_, i) => `/b${i}`) },
      'invalid_argument',
    ],
  ])('%s: an error with a code, and nothing is opened', async (_, path, schema, options, code) => {
    const scene = new Scene();
    const client = scene.client('a');
    const open: unknown = config;
    const call = () => typeof open === 'function' && open(client, path, schema, options);
    expect(call).toThrow(expect.objectContaining({ code }));
    expect(client.diagnostics().watches).toEqual([]);
    await scene.end();
  });

  test('a client that `connect` has not made is refused', () => {
    const open: unknown = config;
    expect(() => typeof open === 'function' && open({}, '/a', Orders)).toThrow('connect');
  });
});
