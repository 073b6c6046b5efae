import { describe, expect, test } from 'vitest';
import { flushPromises } from '../../shared/src/test-support/virtual-clock.ts';
import { type PinnedRead, pinRead } from './pages.ts';
import type { FakeServerSocket } from './test-support/fake-network.ts';
import { entry, startConnected } from './test-support/scene.ts';

const listed = (server: FakeServerSocket, paths: readonly string[], next?: string) => {
  const request = server.take('list');
  server.say({
    ...{ type: 'listed', id: request.id, revision: 7, folders: [] },
    entries: paths.map((path) => entry(path, 'v')),
    ...(next === undefined ? {} : { next }),
  });
  return request;
};

async function start() {
  const scene = startConnected();
  const reading = pinRead(scene.client, '/shop');
  expect(listed(scene.server, [])).toMatchObject({ path: '/shop', limit: 1 });
  return { ...scene, read: await reading };
}

const paths = async (read: PinnedRead) => {
  const all: string[] = [];
  for await (const page of read.pages('/shop')) all.push(...page.map(({ path }) => path));
  return all;
};

describe('a read that is pinned', () => {
  test('reads every page of a subtree at the revision of its beginning', async () => {
    const { read, server } = await start();
    expect(read).toMatchObject({ revision: 7, epoch: 'e1' });
    const all = paths(read);
    await flushPromises();
    expect(listed(server, ['/shop/a'], '/shop/a')).toMatchObject({ path: '/shop', at: 7 });
    await flushPromises();
    expect(listed(server, ['/shop/b'])).toMatchObject({ at: 7, after: '/shop/a' });
    expect(await all).toEqual(['/shop/a', '/shop/b']);
  });

  test.each([
    ['S2 another epoch', { epoch: 'e2' }],
    ['S2 an older copy of its data, put back by hand', { timeline: 't2' }],
  ])('fails where the next page is of %s', async (_, welcome) => {
    const { read, server, network, clock } = await start();
    const all = paths(read);
    await flushPromises();
    listed(server, ['/shop/a'], '/shop/a');
    await flushPromises();
    server.end();
    await clock.advance(1_000);
    network.last.welcome(welcome);
    const failed = expect(all).rejects.toMatchObject({ code: 'compacted' });
    listed(network.last, ['/shop/b']);
    await failed;
  });

  test.each(['compacted', 'future_revision'] as const)(
    'fails with compacted where the server says %s',
    async (code) => {
      const { read, server } = await start();
      const all = paths(read);
      await flushPromises();
      server.say({ type: 'error', id: server.take('list').id, code, message: 'gone' });
      await expect(all).rejects.toMatchObject({ code: 'compacted' });
    },
  );

  test('gives up pages that lead nowhere, or leave values out', async () => {
    const { read, server } = await start();
    const all = paths(read);
    await flushPromises();
    listed(server, [], '/shop/a');
    await flushPromises();
    listed(server, [], '/shop/a');
    await expect(all).rejects.toMatchObject({ code: 'bad_message' });
    const round = paths(read);
    await flushPromises();
    listed(server, [], '/shop/b');
    await flushPromises();
    listed(server, [], '/shop/a');
    await expect(round).rejects.toMatchObject({ code: 'bad_message' });
    const bare = paths(read);
    await flushPromises();
    const { value: _, ...meta } = entry('/shop/a', 'v');
    const { id } = server.take('list');
    server.say({ type: 'listed', id, revision: 7, entries: [meta], folders: [] });
    await expect(bare).rejects.toMatchObject({ code: 'internal' });
  });
});
