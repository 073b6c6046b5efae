import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { config, type StandardSchema } from '../../client/src/config.ts';
import { put, started } from './scene.ts';

const Numbers = z.object({ x: z.number(), y: z.number(), z: z.number() });
const START = { '/svc/x': '1', '/svc/y': '1', '/svc/z': '1' };

/** What a schema answers that does not keep to the standard: in JavaScript nobody stops it. */
function answering(answer: (value: unknown) => unknown): StandardSchema<unknown, unknown> {
  const schema = { '~standard': { version: 1, vendor: 'ours', validate: answer } };
  const isSchema = (_: unknown): _ is StandardSchema<unknown, unknown> => true;
  if (!isSchema(schema)) throw new Error('it is one');
  return schema;
}

function holdsItself(): Record<string, unknown> {
  const made: Record<string, unknown> = { list: [] };
  made.list = [{ up: made }, made];
  return made;
}

describe('a schema that answers nonsense has refused the state, and the program lives on:', () => {
  const answers: [string, unknown, RegExp][] = [
    ['nothing', undefined, /schema fails/],
    ['null', null, /schema fails/],
    ['a text', 'yes', /schema fails/],
    ['neither a value nor issues', {}, /neither/],
    ['issues that are none', { issues: 5 }, /neither/],
    ['an issue of a path that is none', { issues: [{ message: 'm', path: [null] }] }, /fails/],
    ['an object that holds itself', { value: holdsItself() }, /holds itself/],
    ['an issue without a message', { issues: [{}] }, /undefined/],
    ['no issue', { issues: [] }, /refuses/],
  ];
  test.each(answers)('%s, at once or promised', async (_, answer, message) => {
    const { scene, writer, client } = await started(START);
    let isBad = false;
    const judged = (value: unknown) => (isBad ? answer : { value });
    const atOnce = config(client, '/svc', answering(judged));
    const later = config(
      client,
      '/svc',
      answering(async (value) => judged(value)),
    );
    await scene.settled(Promise.all([atOnce.ready(), later.ready()]));
    isBad = true;
    await put(scene, writer, { '/svc/x': '2' });
    for (const live of [atOnce, later]) {
      expect(live.error?.message).toMatch(message);
      expect(live.current).toMatchObject({ x: 1 });
    }
    isBad = false;
    await put(scene, writer, { '/svc/x': '3' });
    for (const live of [atOnce, later]) {
      expect(live.error).toBeUndefined();
      expect(live.current).toMatchObject({ x: 3 });
    }
    expect(await scene.end()).toEqual([]);
  });
});

test('a schema that would change what it is given cannot: the state is refused, and no other configuration sees it', async () => {
  const { scene, client } = await started(START);
  const rude = config(
    client,
    '/svc',
    answering((value) => ({ value: Object.assign(Object(value), { x: 'mine' }) })),
  );
  const polite = config(client, '/svc', Numbers);
  await expect(scene.settled(rude.ready())).rejects.toMatchObject({ code: 'rejected' });
  await scene.settled(polite.ready());
  expect(polite.current).toEqual({ x: 1, y: 1, z: 1 });
  expect(await scene.end()).toEqual([]);
});

test('what a schema makes that is no plain data is handed on as it is, and a time that is the same stays the same', async () => {
  const { scene, writer, client } = await started(START);
  class Limits {
    x = 0;
  }
  const live = config(
    client,
    '/svc',
    Numbers.transform(({ x, y }) => ({
      limits: Object.assign(new Limits(), { x }),
      table: new Map([['y', y]]),
      since: new Date(y),
    })),
  );
  await scene.settled(live.ready());
  const before = live.current;
  expect(before.limits).toBeInstanceOf(Limits);
  expect(before.table.get('y')).toBe(1);
  await put(scene, writer, { '/svc/x': '2' });
  expect(live.current.limits.x).toBe(2);
  expect(live.current.since).toBe(before.since);
  expect(await scene.end()).toEqual([]);
});

test('a refusal for other reasons is told, where only a later issue or the value differs, and not where nothing does', async () => {
  const { scene, writer, client } = await started({ ...START, '/svc/more': '1' });
  const live = config(client, '/svc', Numbers);
  await scene.settled(live.ready());
  const told: string[] = [];
  live.on('error', ({ issues }) => {
    told.push(issues.map(({ key, value }) => `${key}=${value}`).join());
  });
  await put(scene, writer, { '/svc/x': 'a', '/svc/y': 'a' });
  await put(scene, writer, { '/svc/y': '1', '/svc/z': 'a' });
  await put(scene, writer, { '/svc/more': '2' });
  await put(scene, writer, { '/svc/z': 'b' });
  expect(told).toEqual(['x=a,y=a', 'x=a,z=a', 'x=a,z=b']);
  expect(live.error?.revision).toBe(5);
  expect(await scene.end()).toEqual([]);
});

test('an issue of a key whose segment was written by hand names its entry', async () => {
  const { scene, client } = await started({ '/svc/100%': 'x', '/svc/50%25': 'y' });
  const live = config(client, '/svc', z.record(z.string(), z.number()));
  await expect(scene.settled(live.ready())).rejects.toMatchObject({
    issues: expect.arrayContaining([
      expect.objectContaining({ key: '100%', path: '/svc/100%', value: 'x' }),
      expect.objectContaining({ key: '50%', path: '/svc/50%25', value: 'y' }),
    ]),
  });
  expect(live.explain('100%').from).toMatchObject([{ value: 'x', revision: 1 }]);
  expect(await scene.end()).toEqual([]);
});

test('who asks what a key is, where two paths stand for one, is told which', async () => {
  const { scene, client } = await started({ '/svc/100%': '1', '/svc/100%25': '2', '/svc/x': '3' });
  const live = config(client, '/svc', z.looseObject({}));
  await expect(scene.settled(live.ready())).rejects.toMatchObject({ code: 'rejected' });
  expect(() => live.explain('x')).toThrow(
    expect.objectContaining({
      ...{ code: 'rejected', message: expect.stringContaining('/svc/100% and /svc/100%25') },
    }),
  );
  expect(await scene.end()).toEqual([]);
});

test('a schema that never answers keeps nobody waiting beyond his time, and is asked nothing more', async () => {
  const { scene, writer, client } = await started(START);
  let asked = 0;
  const endless = answering(() => {
    asked++;
    return new Promise(() => {});
  });
  const live = config(client, '/svc', endless, { defaults: {} });
  const from = scene.clock.now();
  const ready = live.ready({ accept: ['server', 'defaults'], timeoutMs: 3_000 });
  await expect(scene.settled(ready)).rejects.toMatchObject({ code: 'timeout' });
  expect(scene.clock.now() - from).toBeLessThan(3_100);
  for (const x of ['2', '3', '4']) await put(scene, writer, { '/svc/x': x });
  expect(asked).toBe(1);
  const stopping = new AbortController();
  const aborted = live.ready({ timeoutMs: 60_000, signal: stopping.signal });
  const outcome = expect(aborted).rejects.toMatchObject({ code: 'aborted' });
  stopping.abort();
  await outcome;
  await expect(live.ready({ signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: 'aborted',
  });
  expect(await scene.end()).toEqual([]);
});

test('W4 of ten thousand keys, the one that changed is told, and all others are the objects that they were', async () => {
  const values = Object.fromEntries(
    Array.from({ length: 10_000 }, (_, i) => [`/svc/g${i % 100}/k.${i}`, `${i}`]),
  );
  const { scene, writer, client } = await started(values);
  const live = config(client, '/svc', z.record(z.string(), z.record(z.string(), z.number())));
  await scene.settled(live.ready());
  const before = live.current;
  const told: string[] = [];
  live.onChange((_, __, difference) => {
    told.push(...difference.map(({ key, type }) => `${type} ${key}`));
  });
  await put(scene, writer, { '/svc/g7/k.107': '-1', '/svc/g8/new': '1' });
  expect(told.sort()).toEqual(['added g8.new', 'changed g7.k.107']);
  const others = Object.keys(before).filter((key) => key !== 'g7' && key !== 'g8');
  expect(others.every((key) => live.current[key] === before[key])).toBe(true);
  expect(live.explain('g7.k.107')).toMatchObject({ value: -1, from: [{ revision: 2 }] });
  await put(scene, writer, { '/svc/g9/k.9': 'nine' });
  expect(live.error?.issues).toMatchObject([{ key: 'g9.k.9', path: '/svc/g9/k.9', value: 'nine' }]);
  expect(await scene.end()).toEqual([]);
});

test('keys that are names of members of objects are keys like all others', async () => {
  const { scene, writer, client } = await started({
    ...{ '/svc/__proto__/polluted': '1', '/svc/constructor': '2', '/svc/toString/x.y': '3' },
  });
  const live = config(
    client,
    '/svc',
    answering((value) => ({ value })),
  );
  await scene.settled(live.ready());
  const all = Object(live.current);
  expect(Object.keys(all).sort()).toEqual(['__proto__', 'constructor', 'toString']);
  expect(Object({}).polluted).toBeUndefined();
  expect(live.explain('__proto__.polluted')).toMatchObject({ value: 1, from: [{ revision: 1 }] });
  expect(live.explain('toString.x.y').value).toBe(3);
  expect(live.explain('valueOf')).toMatchObject({ value: undefined, from: [] });
  await put(scene, writer, { '/svc/__proto__/polluted': '4' });
  expect(live.explain('__proto__.polluted').value).toBe(4);
  expect(await scene.end()).toEqual([]);
});

test('the end of its client is the end of a configuration: who waits is told, and no timer is left', async () => {
  const { scene, writer, client } = await started({ '/svc/x': 'bad' });
  const debounce = { minMs: 7_200_000, maxMs: 7_200_000 };
  const slow = config(client, '/svc', z.looseObject({}), { debounce });
  await scene.settled(slow.ready());
  const states: string[] = [];
  slow.on('status', ({ to }) => states.push(to));
  await put(scene, writer, { '/svc/x': 'other' });
  scene.server.crash();
  // Until it has no timers of its own any more.
  await scene.clock.advance(3_600_000);
  const waiting = config(client, '/none', Numbers, { layers: ['/svc'] });
  const ready = waiting.ready({ timeoutMs: 3_600_000, accept: ['server', 'snapshot'] });
  const outcome = expect(ready).rejects.toMatchObject({ code: 'closed' });
  await scene.settled(Promise.all([client.close(), writer.close()]));
  await outcome;
  expect([slow.status, waiting.status, states.at(-1)]).toEqual(['closed', 'closed', 'closed']);
  expect(slow.current).toEqual({ x: 'bad' });
  await expect(waiting.ready()).rejects.toMatchObject({ code: 'closed' });
  expect(scene.clock.pending).toBe(0);
  await scene.end();
});

test('listeners that close, unsubscribe, throw and write while they are called disturb nobody', async () => {
  const { scene, writer, client } = await started(START, { onError: () => {} });
  const [first, second] = [config(client, '/svc', Numbers), config(client, '/svc', Numbers)];
  await scene.settled(Promise.all([first.ready(), second.ready()]));
  const calls: string[] = [];
  const off = first.onChange(() => {
    calls.push('once');
    off();
    never();
    second.close();
    void client.set('/svc/y', '9');
    throw new Error('mine');
  });
  const never = first.onChange(() => calls.push('never'));
  second.onChange(() => calls.push('closed'));
  first.onChange(({ x, y }) => calls.push(`${x} ${y}`));
  await put(scene, writer, { '/svc/x': '2' });
  await scene.clock.advance(100);
  // Of two that heard of the commit in the same turn, each is asked in its own.
  expect(calls).toEqual(['once', '2 1', '2 9']);
  expect(second.status).toBe('closed');
  expect(await scene.end()).toEqual([]);
});

test.each([
  ['defaults', { defaults: holdsItself() }],
  ['bootstrap', { bootstrap: holdsItself() }],
])(
  '%s that hold themselves are an argument that is wrong, and nothing is opened',
  async (name, options) => {
    const { scene, client } = await started(START);
    expect(() => config(client, '/svc', Numbers, options)).toThrow(
      expect.objectContaining({ code: 'invalid_argument', message: expect.stringContaining(name) }),
    );
    expect(client.diagnostics().watches).toEqual([]);
    expect(await scene.end()).toEqual([]);
  },
);
