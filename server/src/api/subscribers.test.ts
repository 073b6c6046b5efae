import { subscriberItems, type UpMessage } from '@confer/shared';
import { describe, expect, it } from 'vitest';
import { startGuarded } from '../test-support/guarded-scene.ts';
import { RawClient } from '../test-support/raw-client.ts';
import { type Scene, startCore } from '../test-support/scene.ts';

type Report = Omit<Extract<UpMessage, { type: 'report' }>, 'type' | 'id'>;

async function answer(scene: Scene, client: RawClient, request: UpMessage & { id: number }) {
  client.send(request);
  await scene.settle();
  return client.received.find((message) => 'id' in message && message.id === request.id);
}

async function subscribersOf(scene: Scene, path: string, after?: string) {
  const client = new RawClient(scene.core);
  client.send({ type: 'hello', version: 1 });
  const asked = { type: 'listSubscribers', id: 1, path, ...(after && { after }) } as const;
  const reply = await answer(scene, client, asked);
  const problem = { path: [], text: '', hasUnknown: false };
  if (reply?.type !== 'subscribers' || !subscriberItems.accepts(reply.items, problem))
    throw new Error(JSON.stringify([reply, problem]));
  return { ...reply, items: reply.items };
}

async function reporter(scene: Scene, name: string, ...reports: readonly Report[]) {
  const client = new RawClient(scene.core);
  client.send({ type: 'hello', version: 1, client: { name, labels: { zone: 'a' } } });
  for (const [id, report] of reports.entries()) client.send({ type: 'report', id, ...report });
  await scene.settle();
  return client;
}

const rejected = { revision: 12, reason: 'pool.max: expected number' };

describe('the subscribers of a subtree', () => {
  it('are those who report on what is at, below or above it, with what they said last', async () => {
    const scene = await startCore();
    await reporter(
      scene,
      'orders',
      { path: '/svc/orders', applied: 9 },
      { path: '/svc/orders', applied: 11, rejected },
      { path: '/elsewhere', applied: 3 },
    );
    for (const path of ['/', '/svc', '/svc/orders', '/svc/orders/pool']) {
      const { items } = await subscribersOf(scene, path);
      expect(items.filter((each) => each.path !== '/elsewhere')).toEqual([
        {
          ...{ session: expect.any(String), client: { name: 'orders', labels: { zone: 'a' } } },
          ...{ path: '/svc/orders', reports: true, applied: 11, rejected },
        },
      ]);
    }
    expect((await subscribersOf(scene, '/svc/order')).items).toEqual([]);
  });

  it('go with their connection, and when they say that they use a path no more', async () => {
    const scene = await startCore();
    const client = await reporter(
      scene,
      'a',
      { path: '/a', applied: 1 },
      { path: '/b', applied: 1 },
    );
    await answer(scene, client, { type: 'report', id: 7, path: '/b' });
    expect((await subscribersOf(scene, '/')).items.map(({ path }) => path)).toEqual(['/a']);
    client.lose();
    await scene.settle();
    expect((await subscribersOf(scene, '/')).items).toEqual([]);
  });

  it('are shown with the newest change of what they watch, so that it is seen who is behind', async () => {
    const scene = await startCore();
    const client = await reporter(scene, 'a');
    client.send({ type: 'watch', id: 50, path: '/a', mode: 'state' });
    await scene.settle();
    const put = (path: string, id: number) => {
      const operations = [{ type: 'put', path, value: `${id}` } as const];
      return answer(scene, client, { type: 'commit', id, requestId: `r${id}`, operations });
    };
    const changed = await put('/a/x', 51);
    await put('/b', 52);
    if (changed?.type !== 'committed') throw new Error(JSON.stringify(changed));
    const { revision } = changed;
    const before = await subscribersOf(scene, '/a');
    expect(before.items).toMatchObject([{ path: '/a', reports: false, latest: revision }]);
    await answer(scene, client, { type: 'report', id: 53, path: '/a', applied: revision });
    client.send({ type: 'heartbeat', applied: revision + 1 });
    const after = await subscribersOf(scene, '/a/x');
    expect(after.items).toMatchObject([{ reports: true, applied: revision, latest: revision }]);
    expect(after.revision).toBe(revision + 1);
  });

  it('with a hundred reports and nine thousand watches take about as long as with the watches alone', async () => {
    const scene = await startCore();
    const long = `/w/${'x'.repeat(200)}`;
    const timeOf = async (reports: readonly Report[]) => {
      const client = await reporter(scene, 'many', ...reports);
      for (let i = 0; i < 9_000; i++) {
        client.send({ type: 'watch', id: 1_000 + i, path: `${long}/${i}`, mode: 'state' });
        if (i % 500 === 0) await scene.settle();
      }
      await scene.settle();
      const times: number[] = [];
      for (let i = 0; i < 7; i++) {
        const startedAt = performance.now();
        expect((await subscribersOf(scene, '/w')).items).toHaveLength(Math.max(1, reports.length));
        times.push(performance.now() - startedAt);
      }
      client.lose();
      await scene.settle();
      return Math.min(...times);
    };
    const alone = await timeOf([]);
    const reports = Array.from({ length: 100 }, (_, i) => ({ path: `${long}/x/${i}`, applied: 1 }));
    expect(await timeOf(reports)).toBeLessThan(alone * 30);
  });

  it('come in pages of bounded size, each connection once', async () => {
    const scene = await startCore();
    const names = Array.from({ length: 450 }, (_, i) => `app-${i}`);
    for (const name of names) await reporter(scene, name, { path: '/a', applied: 1 });
    const seen: (string | undefined)[] = [];
    let pages = 0;
    let next: string | undefined;
    do {
      const page = await subscribersOf(scene, '/a', next);
      expect(page.items.length).toBeLessThanOrEqual(200);
      seen.push(...page.items.map(({ client }) => client?.name));
      next = page.next;
      pages += 1;
    } while (next !== undefined);
    expect(seen).toEqual(names);
    expect(pages).toBe(3);
  });

  it('are refused where the page before is none of the server', async () => {
    const scene = await startCore();
    const client = await reporter(scene, 'a');
    const asked = { type: 'listSubscribers', id: 9, path: '/', after: '1e9' } as const;
    expect(await answer(scene, client, asked)).toMatchObject({ code: 'invalid_message' });
  });
});

describe('a report', () => {
  it('is of a hundred paths at most for a connection, and what is there can still be renewed', async () => {
    const scene = await startCore();
    const reports = Array.from({ length: 100 }, (_, i) => ({ path: `/a/${i}`, applied: 1 }));
    const client = await reporter(scene, 'a', ...reports);
    const more = (path: string) =>
      ({ type: 'report', id: path.length * 1_000, path, applied: 2 }) as const;
    expect(await answer(scene, client, more('/one-more'))).toMatchObject({
      code: 'too_many_reports',
    });
    expect(await answer(scene, client, more('/a/7'))).toMatchObject({ type: 'reported' });
  });

  it('with a reason beyond its length, or of a path that is none, is refused', async () => {
    const scene = await startCore();
    const client = await reporter(scene, 'a');
    const long = { revision: 1, reason: 'x'.repeat(301) };
    const problems = [
      { type: 'report', id: 1, path: '/a', rejected: long },
      { type: 'report', id: 2, path: 'a//b', applied: 1 },
    ] as const;
    expect(await answer(scene, client, problems[0])).toMatchObject({ code: 'invalid_message' });
    expect(await answer(scene, client, problems[1])).toMatchObject({ code: 'invalid_path' });
    expect((await subscribersOf(scene, '/')).items).toEqual([]);
  });

  it('W11 needs the right to read, and is shown to who operates and reads there alone', async () => {
    const scene = await startGuarded();
    const reader = await scene.guest('reader', [{ verbs: ['read'], on: '/a' }]);
    const operator = await scene.guest('operator', [{ verbs: ['operate', 'read'], on: '/a' }]);
    const blind = await scene.guest('blind', [{ verbs: ['operate'], on: '/' }]);
    const report = (path: string) => (id: number) =>
      ({ type: 'report', id, path, applied: 1 }) as const;
    const list = (path: string) => (id: number) => ({ type: 'listSubscribers', id, path }) as const;
    expect(await scene.ask(reader, report('/a'))).toMatchObject({ type: 'reported' });
    expect(await scene.ask(reader, report('/b'))).toMatchObject({ code: 'forbidden' });
    expect(await scene.ask(reader, list('/a'))).toMatchObject({ code: 'forbidden' });
    expect(await scene.ask(blind, list('/a'))).toMatchObject({ code: 'forbidden' });
    expect(await scene.ask(operator, list('/'))).toMatchObject({ code: 'forbidden' });
    expect(await scene.ask(operator, list('/a'))).toMatchObject({
      items: [{ principal: 'reader', path: '/a', applied: 1 }],
    });
    const why = { revision: 2, reason: 'the key is hush' };
    const refuse = (id: number) => ({ type: 'report', id, path: '/a', rejected: why }) as const;
    await scene.ask(reader, refuse);
    const below = await scene.guest('below', [{ verbs: ['operate', 'read'], on: '/a/b' }]);
    expect(await scene.ask(operator, list('/a'))).toMatchObject({ items: [{ rejected: why }] });
    expect(await scene.ask(below, list('/a/b'))).toMatchObject({
      items: [
        { rejected: { revision: 2, reason: 'hidden: it takes the right to read all of /a' } },
      ],
    });
    await scene.setRole({ name: 'reader', allow: [] });
    expect(await scene.ask(operator, list('/a'))).toMatchObject({ items: [] });
  });
});
