import { type SessionItem, sessionItems, type UpMessage } from '@confer/shared';
import { describe, expect, it } from 'vitest';
import { startGuarded } from '../test-support/guarded-scene.ts';
import { RawClient } from '../test-support/raw-client.ts';
import { type Scene, startCore } from '../test-support/scene.ts';

type Query = Omit<Extract<UpMessage, { type: 'listSessions' }>, 'type' | 'id'>;

let ids = 0;

async function ask(scene: Scene, client: RawClient, query: Query) {
  const id = ++ids + 1e6;
  client.send({ type: 'listSessions', id, ...query });
  await scene.settle();
  return client.received.find((message) => 'id' in message && message.id === id);
}

async function page(scene: Scene, client: RawClient, query: Query = {}) {
  const reply = await ask(scene, client, query);
  const problem = { path: [], text: '', hasUnknown: false };
  if (reply?.type !== 'sessions' || !sessionItems.accepts(reply.items, problem))
    throw new Error(JSON.stringify([reply, problem]));
  return { ...reply, items: reply.items };
}

/** All pages. */
async function sessions(scene: Scene, client: RawClient, query: Query = {}) {
  const pages: (readonly SessionItem[])[] = [];
  let after: string | undefined;
  do {
    const { items, next } = await page(scene, client, { ...query, ...(after && { after }) });
    pages.push(items);
    after = next;
  } while (after !== undefined);
  return pages;
}

function named(scene: Scene, name: string, ...paths: readonly string[]) {
  const client = new RawClient(scene.core, '192.0.2.7');
  client.send({
    type: 'hello',
    version: 1,
    client: { name, version: '4.2', labels: { zone: 'a' } },
  });
  for (const [id, path] of paths.entries()) client.send({ type: 'watch', id, path, mode: 'state' });
  return client;
}

describe('the sessions of a server', () => {
  it('say who is connected since when, over what, with what watches and how far', async () => {
    const scene = await startCore();
    const operator = RawClient.open(scene.core);
    const client = named(scene, 'orders', '/svc');
    client.send({ type: 'watch', id: 7, path: '/flags', mode: 'events' });
    await scene.settle();
    const revision = await scene.put('/svc/a', '1');
    client.send({ type: 'heartbeat', applied: revision });
    await scene.put('/elsewhere', '1');
    await scene.clock.advance(2_500);
    const { items, revision: newest } = await page(scene, operator, { client: 'orders' });
    expect(items).toEqual([
      {
        session: expect.stringMatching(/^s-/),
        client: { name: 'orders', version: '4.2', labels: { zone: 'a' } },
        ...{ address: '192.0.2.7', transport: 'raw', connectedMs: 2_500, waitingBytes: 0 },
        ...{ applied: revision, latest: revision, watchCount: 2 },
        states: { live: 2, lagging: 0, syncing: 0 },
        watches: [
          { path: '/svc', mode: 'state', state: 'live', sent: newest },
          { path: '/flags', mode: 'events', state: 'live', sent: newest },
        ],
      },
    ]);
    expect(newest).toBe(revision + 1);
  });

  it('of a path are those with a watch that contains it or lies in it, and show no others of theirs', async () => {
    const scene = await startCore();
    const operator = RawClient.open(scene.core);
    named(scene, 'above', '/', '/other');
    named(scene, 'below', '/shop/orders/db', '/other');
    named(scene, 'beside', '/shopping', '/sho');
    named(scene, 'idle');
    await scene.settle();
    const [items = []] = await sessions(scene, operator, { path: '/shop' });
    expect(
      items.map(({ client, watches }) => [client?.name, watches.map(({ path }) => path)]),
    ).toEqual([
      ['above', ['/']],
      ['below', ['/shop/orders/db']],
    ]);
    const all = await sessions(scene, operator);
    expect(all.flat().map(({ client, watchCount }) => [client?.name, watchCount])).toEqual([
      ...[
        ['test', 0],
        ['above', 2],
        ['below', 2],
        ['beside', 2],
        ['idle', 0],
      ],
    ]);
    expect(await ask(scene, operator, { path: 'shop' })).toMatchObject({ code: 'invalid_path' });
  });

  it('tell a watch that is behind, or has not come to its first synced, from one that is live', async () => {
    const scene = await startCore();
    const operator = RawClient.open(scene.core);
    await scene.put('/a', '1');
    const slow = named(scene, 'slow', '/a');
    const begun = named(scene, 'begun');
    await scene.settle();
    begun.answer = 'buffered';
    begun.send({ type: 'watch', id: 8, path: '/a', mode: 'state' });
    slow.answer = 'buffered';
    slow.bufferedBytes = 4_711;
    await scene.put('/a', '2');
    const sent = await scene.put('/a', '3');
    const [item] = (await page(scene, operator, { client: 'slow' })).items;
    expect(item).toMatchObject({
      ...{ waitingBytes: 4_711, latest: sent, states: { live: 0, lagging: 1, syncing: 0 } },
      watches: [{ path: '/a', state: 'lagging', sent: sent - 1 }],
    });
    const [other] = (await page(scene, operator, { client: 'begun' })).items;
    expect(other).toMatchObject({ states: { live: 0, lagging: 0, syncing: 1 } });
    expect(other?.watches).toEqual([{ path: '/a', mode: 'state', state: 'syncing' }]);
    slow.drain();
    await scene.settle();
    const [later] = (await page(scene, operator, { client: 'slow' })).items;
    expect(later).toMatchObject({ waitingBytes: 0, states: { live: 1, lagging: 0, syncing: 0 } });
  });

  it('shows of ten thousand watches twenty, those first that are not live, and counts all', async () => {
    const scene = await startCore({ watchesMax: 20_000 });
    const operator = RawClient.open(scene.core);
    const paths = Array.from({ length: 9_000 }, (_, i) => `${'/segment'.repeat(60)}/${i}`);
    const client = named(scene, 'many');
    for (const [id, path] of paths.entries()) {
      client.send({ type: 'watch', id, path, mode: 'state' });
      if (id % 500 === 0) await scene.settle();
    }
    await scene.settle();
    client.answer = 'buffered';
    await scene.put(`${paths[0]}/a`, '1');
    await scene.put(`${paths.at(-1)}/a`, '1');
    const [item] = (await page(scene, operator, { client: 'many' })).items;
    expect(item).toMatchObject({ watchCount: 9_000, states: { live: 8_999, lagging: 1 } });
    expect(item?.watches).toHaveLength(20);
    expect(item?.watches[0]).toMatchObject({ path: paths.at(-1), state: 'lagging' });
  });

  it('come in pages of bounded size and work, each connection once', async () => {
    const scene = await startCore({ watchesMax: 100_000 });
    const operator = RawClient.open(scene.core);
    const names = Array.from({ length: 250 }, (_, i) => `app-${i}`);
    for (const name of names) named(scene, name, '/a');
    await scene.settle();
    const pages = await sessions(scene, operator, { path: '/a' });
    expect(pages.flat().map(({ client }) => client?.name)).toEqual(names);
    expect(pages.map(({ length }) => length)).toEqual([100, 100, 50]);
    for (let i = 0; i < 50; i++)
      named(scene, 'busy', ...Array.from({ length: 999 }, (_, n) => `/b/${n}`));
    await scene.settle();
    const looked = await sessions(scene, operator, { path: '/nothing' });
    expect(looked.flat()).toEqual([]);
    expect(looked.length).toBeGreaterThan(2);
  });

  it('that are the slowest are those for whom the most bytes wait, then those furthest behind', async () => {
    const scene = await startCore();
    const operator = RawClient.open(scene.core);
    for (let i = 0; i < 300; i++) {
      const client = named(scene, `c-${i}`, '/a');
      client.bufferedBytes = i === 77 || i === 200 ? 1_000 * i : 0;
      await scene.settle();
      client.send({ type: 'heartbeat', applied: i === 5 ? 1 : 9 });
    }
    const { items, next } = await page(scene, operator, { slowest: 3 });
    const told = items.map(({ client, waitingBytes, watchCount, watches }) => [
      ...[client?.name, waitingBytes, watchCount, watches.length],
    ]);
    expect(told).toEqual([
      ['c-200', 200_000, 1, 0],
      ['c-77', 77_000, 1, 0],
      ['c-5', 0, 1, 0],
    ]);
    expect(next).toBeUndefined();
    for (const slowest of [0, 101])
      expect(await ask(scene, operator, { slowest })).toMatchObject({ code: 'invalid_message' });
    expect(await ask(scene, operator, { after: '1e9' })).toMatchObject({ code: 'invalid_message' });
  });
});

describe('W11 who may see sessions', () => {
  it('is who operates the subtree; without one, who operates everything', async () => {
    const scene = await startGuarded();
    const watcher = await scene.guest('watcher', [{ verbs: ['read'], on: '/' }]);
    watcher.send({ type: 'watch', id: 1, path: '/a/b', mode: 'state' });
    watcher.send({ type: 'watch', id: 2, path: '/secret', mode: 'state' });
    const operator = await scene.guest('operator', [{ verbs: ['operate'], on: '/a' }]);
    const list = (query: Query) => (id: number) =>
      ({ type: 'listSessions', id, ...query }) as const;
    for (const query of [{}, { path: '/' }, { path: '/secret' }, { slowest: 5 }])
      expect(await scene.ask(operator, list(query))).toMatchObject({ code: 'forbidden' });
    expect(await scene.ask(watcher, list({ path: '/a' }))).toMatchObject({ code: 'forbidden' });
    expect(await scene.ask(operator, list({ path: '/a' }))).toMatchObject({
      items: [{ principal: 'watcher', watchCount: 1, watches: [{ path: '/a/b' }] }],
    });
    const some = await scene.guest(
      ...([
        'some',
        [{ verbs: ['operate'], on: '/' }],
        [{ verbs: ['operate'], on: '/a/b' }],
      ] as const),
    );
    expect(await scene.ask(some, list({ path: '/a' }))).toMatchObject({ path: '/a/b' });
    const who = await scene.ask(scene.admin, list({ principal: 'watcher' }));
    expect(who).toMatchObject({ items: [{ principal: 'watcher', watchCount: 2 }] });
    expect(await scene.ask(scene.admin, list({ principal: 'nobody' }))).toMatchObject({
      items: [],
    });
  });
});
