import type { Logged } from '@confer/shared';
import { describe, expect, it } from 'vitest';
import { historyOf } from '../history.ts';
import { startConnected } from '../test-support/scene.ts';
import { startTestServer } from '../testing.ts';
import type { RevertPlan, RevertTarget } from './api.ts';

async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const found: Item[] = [];
  for await (const item of items) found.push(item);
  return found;
}

/** A store with a few commits in it. */
async function started() {
  const server = startTestServer({ '/shop/port': '8080', '/shop/host': 'a', '/other': '1' });
  const client = server.connect({ client: { name: 'ada' } });
  const history = historyOf(client);
  const values = async (path = '/') =>
    Object.fromEntries((await client.list(path)).entries.map((entry) => [entry.path, entry.value]));
  return { server, client, history, values };
}

describe('the past', () => {
  it('of a path is each version of it, and of a subtree each commit, with where history begins', async () => {
    const { client, history } = await started();
    await client.set('/shop/port', '9090', { note: 'room' });
    const { revision: gone } = await client.remove('/shop', { recursive: true, note: 'oops' });
    const versions = history.versions('/shop/port');
    expect(await all(versions)).toMatchObject([
      { type: 'delete', revision: gone, cause: 'removed', actor: 'ada', note: 'oops' },
      { type: 'put', revision: gone - 1, note: 'room', entry: { value: '9090', version: 2 } },
      { type: 'put', revision: 1, entry: { path: '/shop/port', value: '8080' } },
    ]);
    expect([versions.revision, versions.compactedRevision]).toEqual([gone, 0]);
    const log = await all(history.log('/shop', { values: true }));
    expect(log.map(({ changes }) => changes.map(({ path }) => path))).toEqual([
      ['/shop/host', '/shop/port'],
      ['/shop/port'],
      ['/shop/host', '/shop/port'],
    ]);
    expect(log[0]?.changes[1]).toMatchObject({ prev: { path: '/shop/port', value: '9090' } });
    expect((await client.get('/shop/port', { at: gone - 1 }))?.value).toBe('9090');
    expect(await client.get('/shop/port', { at: gone })).toBeUndefined();
    expect((await client.list('/shop', { at: 1 })).entries).toHaveLength(2);
  });

  it('ends where a compaction between two pages has brought its beginning to', async () => {
    const { client, history } = await started();
    for (let i = 0; i < 5; i++) await client.set('/shop/port', `${i}`);
    const versions = history.versions('/shop/port', { at: 3 });
    await client.compact(4);
    await expect(versions.next()).rejects.toMatchObject({ code: 'compacted' });
  });

  it('W9 is refused by a server that passes over `at`, instead of being taken for the present', async () => {
    const { client, server } = startConnected();
    const got = client.get('/a', { at: 5 });
    const { id } = server.take('get');
    server.say({ type: 'got', id, revision: 9, entry: null });
    await expect(got).rejects.toMatchObject({ code: 'internal' });
  });
});

describe('a server that lies about the past', () => {
  const page = (next: Logged['next']) => ({
    ...{ type: 'logged' as const, revision: 9, compactedRevision: 0, commits: [] },
    ...(next === undefined ? {} : { next }),
  });

  it.each<[string, Logged['next'][]]>([
    ['never goes back', [{ at: 9 }]],
    ['goes forward', [{ at: 8 }, { at: 9 }]],
    [
      'stays inside of a commit',
      [
        { at: 8, after: '/b' },
        { at: 8, after: '/a' },
      ],
    ],
    ['goes back inside of it', [{ at: 8, after: '/b' }, { at: 8 }]],
  ])('is given up where it %s', async (_, nexts) => {
    const { client, server } = startConnected();
    const read = all(historyOf(client).log('/'));
    const failed = expect(read).rejects.toMatchObject({ code: 'bad_message' });
    for (const next of nexts) {
      await Promise.resolve();
      const { id } = server.take('log');
      server.say({ ...page(next), id });
      for (let i = 0; i < 20; i++) await Promise.resolve();
    }
    await failed;
  });

  it('is given up where another history answers the next page', async () => {
    const { client, clock, network, server } = startConnected();
    const read = all(historyOf(client).log('/'));
    const failed = expect(read).rejects.toMatchObject({ code: 'compacted' });
    const { id } = server.take('log');
    server.say({ ...page({ at: 5 }), id });
    server.end();
    await clock.advance(250);
    network.last.welcome({ epoch: 'e2' });
    network.last.take('hello');
    const again = network.last.take('log');
    network.last.say({ ...page(undefined), id: again.id });
    await failed;
  });
});

describe('a revert', () => {
  it('brings back what a recursive removal took, by one commit that names it', async () => {
    const { client, history, values } = await started();
    const before = await values();
    const { revision } = await client.remove('/shop', { recursive: true, note: 'oops' });
    const plan = await history.planRevert({ commit: revision });
    expect(plan).toMatchObject({ later: [], unchanged: 0 });
    const done = await history.revert(plan, { note: 'sorry' });
    expect(done).toMatchObject({ puts: 2, deletes: 0 });
    expect(await values()).toEqual(before);
    const [newest] = await all(history.log('/'));
    expect(newest?.note).toBe(`revert of revision ${revision}: oops: sorry`);
  });

  it('removes what the commit made, and leaves alone what is as it was', async () => {
    const { client, history, values } = await started();
    const before = await values();
    const { revision } = await client.commit({
      operations: [
        { type: 'put', path: '/new', value: '1' },
        { type: 'put', path: '/shop/port', value: '1' },
        { type: 'delete', path: '/shop/host' },
      ],
    });
    await client.set('/shop/port', '8080');
    const plan = await history.planRevert({ commit: revision });
    expect(plan.steps.map(({ kind, path }) => `${kind} ${path}`)).toEqual([
      'remove /new',
      'add /shop/host',
    ]);
    expect(plan).toMatchObject({ unchanged: 1, later: [] });
    await history.revert(plan);
    expect(await values()).toEqual(before);
    expect(await history.revert(await history.planRevert({ commit: revision }))).toMatchObject({
      ...{ puts: 0, deletes: 0 },
    });
  });

  it('takes back of a commit only what it did below a path (S6)', async () => {
    const { client, history, values } = await started();
    const put = (path: string) => ({ type: 'put', path, value: 'new' }) as const;
    const { revision } = await client.commit({
      operations: ['/shop/port', '/shopping', '/other'].map(put),
    });
    await history.revert(await history.planRevert({ commit: revision, path: '/shop' }));
    expect(await values()).toMatchObject({
      '/shop/port': '8080',
      '/shopping': 'new',
      '/other': 'new',
    });
  });

  it('names what was changed again since, and overwrites it only by force', async () => {
    const { client, history, values } = await started();
    const { revision } = await client.set('/shop/port', '1');
    const { revision: later } = await client.set('/shop/port', '2', { note: 'newer' });
    const plan = await history.planRevert({ commit: revision });
    expect(plan.later).toMatchObject([{ path: '/shop/port', revision: later, actor: 'ada' }]);
    await expect(history.revert(plan)).rejects.toMatchObject({
      code: 'conflict',
      path: '/shop/port',
    });
    expect((await values())['/shop/port']).toBe('2');
    await history.revert(plan, { force: true });
    expect((await values())['/shop/port']).toBe('8080');
  });

  it('says so too where the later change deleted the path, or made it anew', async () => {
    const { client, history } = await started();
    const { revision: put } = await client.set('/shop/port', '1');
    const { revision: gone } = await client.remove('/shop/port');
    const ofPut = await history.planRevert({ commit: put });
    expect(ofPut).toMatchObject({ steps: [{ kind: 'add' }], later: [{ revision: gone }] });
    const { revision: again } = await client.set('/shop/port', '3');
    const ofDelete = await history.planRevert({ commit: gone });
    expect(ofDelete).toMatchObject({ steps: [{ kind: 'change' }], later: [{ revision: again }] });
  });

  it('S2 is a conflict where somebody writes between the plan and its commit, and changes nothing then', async () => {
    const { client, history, values } = await started();
    const { revision } = await client.remove('/shop', { recursive: true });
    for (const target of [{ commit: revision }, { to: 1, path: '/' }] satisfies RevertTarget[]) {
      const plan = await history.planRevert(target);
      await client.set('/shop/port', 'theirs');
      await expect(history.revert(plan, { force: true })).rejects.toMatchObject({
        ...{ code: 'conflict', path: '/shop/port' },
      });
      expect(await values('/shop')).toEqual({ '/shop/port': 'theirs' });
      await client.remove('/shop/port');
    }
  });

  it('brings a subtree back to a revision, and nothing beside it (S6)', async () => {
    const { client, history, values } = await started();
    await client.set('/shop/new', '1');
    await client.set('/shopping', '1');
    await client.set('/shop/port', '1');
    await client.remove('/shop/host');
    const plan = await history.planRevert({ to: 1, path: '/shop' });
    expect(plan.steps.map(({ kind, path }) => `${kind} ${path}`)).toEqual([
      ...['add /shop/host', 'remove /shop/new', 'change /shop/port'],
    ]);
    await history.revert(plan);
    expect(await values()).toEqual({
      ...{ '/other': '1', '/shop/host': 'a', '/shop/port': '8080', '/shopping': '1' },
    });
    expect((await all(history.log('/')))[0]?.note).toBe('revert of /shop to revision 1');
    expect((await history.planRevert({ to: 1, path: '/shop' })).steps).toEqual([]);
  });

  it.each<[string, RevertTarget, string]>([
    ['a revision that has not happened', { commit: 99 }, 'future_revision'],
    ['to a revision that has not happened', { to: 99, path: '/shop' }, 'future_revision'],
    ['a revision that is compacted', { commit: 2 }, 'compacted'],
    ['the revision where history begins', { commit: 3 }, 'compacted'],
    ['to a revision that is compacted', { to: 2, path: '/shop' }, 'compacted'],
    ['a commit that changed nothing there', { commit: 4, path: '/other' }, 'invalid_argument'],
    ['at what is no path', { commit: 4, path: 'shop' }, 'invalid_path'],
    ['no revision', { commit: 1.5 }, 'invalid_argument'],
  ])('is refused of %s, with a code', async (_, target, code) => {
    const { client, history } = await started();
    for (let i = 0; i < 4; i++) await client.set('/shop/port', `${i}`);
    await client.compact(3);
    await expect(history.planRevert(target)).rejects.toMatchObject({ code });
  });

  it('has a note that fits, however long that of the commit is', async () => {
    const { client, history } = await started();
    const { revision } = await client.set('/shop/port', '1', { note: 'é'.repeat(512) });
    const plan: RevertPlan = await history.planRevert({ commit: revision });
    expect(Buffer.byteLength(plan.note)).toBeLessThanOrEqual(1024);
    expect(plan.note).toMatch(/^revert of revision 2: é+…$/);
    await history.revert(plan, { note: 'why' });
  });
});

describe('the difference of two revisions', () => {
  it('is where the values of a subtree differ, in the order of the tree', async () => {
    const { client, history } = await started();
    await client.set('/shop/port', '1');
    await client.set('/shop/a', '1');
    await client.remove('/shop/host');
    await client.set('/other', '2');
    await client.set('/shop/b', '1');
    const { revision } = await client.remove('/shop/b');
    const shown = async (revisions: { from: number; to?: number }) =>
      (await all(history.difference('/shop', revisions))).map(
        ({ path, before, after }) => `${path} ${before?.value} ${after?.value}`,
      );
    expect(await shown({ from: 1 })).toEqual([
      ...['/shop/a undefined 1', '/shop/host a undefined', '/shop/port 8080 1'],
    ]);
    expect(await shown({ from: 1, to: 2 })).toEqual(['/shop/port 8080 1']);
    expect(await shown({ from: revision, to: 1 })).toEqual([
      ...['/shop/a 1 undefined', '/shop/host undefined a', '/shop/port 1 8080'],
    ]);
    expect(await shown({ from: revision })).toEqual([]);
  });
});
