import type { SessionItem } from '@confer/shared';
import { describe, expect, test } from 'vitest';
import { flushPromises } from '../../../shared/src/test-support/virtual-clock.ts';
import { administrationOf } from '../admin.ts';
import { startConnected } from '../test-support/scene.ts';

function startOperated() {
  const scene = startConnected();
  return { ...scene, admin: administrationOf(scene.client) };
}

function session(name: string, fields: Partial<SessionItem> = {}): SessionItem {
  return {
    ...{ session: name, address: '192.0.2.7', transport: 'ws', connectedMs: 1, waitingBytes: 0 },
    ...{ watchCount: 1, watches: [], applied: 5, ...fields },
  };
}

const figures = { instance: 'i', uptimeMs: 5, counts: { commits: 3 }, gauges: { watches: 1 } };

describe('what operators ask by a client', () => {
  test('is the sessions that a query fits, of all pages', async () => {
    const { admin, server } = startOperated();
    const asked = admin.sessions({ path: '/shop', principal: 'ci', client: 'orders' });
    const first = server.take('listSessions');
    expect(first).toMatchObject({ path: '/shop', principal: 'ci', client: 'orders' });
    expect(first).not.toHaveProperty('slowest');
    server.say({ type: 'sessions', id: first.id, revision: 4, items: [session('a')], next: '7' });
    await flushPromises();
    const second = server.take('listSessions');
    expect(second).toMatchObject({ path: '/shop', after: '7' });
    server.say({ type: 'sessions', id: second.id, revision: 5, items: [session('b')] });
    const { revision, sessions } = await asked;
    expect([revision, sessions.map((each) => each.session)]).toEqual([5, ['a', 'b']]);
  });

  test('is the slowest of all pages, each of which has its own', async () => {
    const { admin, server } = startOperated();
    const asked = admin.slowestSessions(3);
    const pages = [
      [session('a', { waitingBytes: 5 }), session('b', { applied: 9 })],
      [session('c', { waitingBytes: 7 }), session('d', { applied: 2 }), session('e')],
    ];
    for (const [page, items] of pages.entries()) {
      const { id, slowest } = server.take('listSessions');
      expect(slowest).toBe(3);
      server.say({ type: 'sessions', id, revision: 9, items, ...(page === 0 && { next: '1' }) });
      await flushPromises();
    }
    const { sessions } = await asked;
    expect(sessions.map((each) => each.session)).toEqual(['c', 'a', 'd']);
  });

  test('is what the server has counted, without what this version does not know', async () => {
    const { admin, server } = startOperated();
    const asked = admin.figures();
    const { id } = server.take('counters');
    server.say({ type: 'counters', id, figures: { ...figures, later: [1] } });
    expect(await asked).toEqual(figures);
  });

  test.each<[string, unknown]>([
    ['no session', [{}]],
    ['a count that is none', [session('a', { waitingBytes: -1 })]],
    ['a state that there is not', [{ ...session('a'), watches: [{ path: '/a', mode: 'x' }] }]],
    ['a name beyond its length', [session('x'.repeat(200))]],
  ])('is not believed where the server answers %s', async (_, items) => {
    const { admin, server } = startOperated();
    const asked = admin.sessions().catch((error: unknown) => error);
    const { id } = server.take('listSessions');
    server.say({ type: 'sessions', id, revision: 4, items: Array.isArray(items) ? items : [] });
    expect(await asked).toMatchObject({ code: 'bad_message' });
    const counted = admin.figures().catch((error: unknown) => error);
    server.say({ type: 'counters', id: server.take('counters').id, figures: { counts: 'x' } });
    expect(await counted).toMatchObject({ code: 'bad_message' });
  });

  test('is refused before it travels where it is none', async () => {
    const { admin, server } = startOperated();
    const wrong = JSON.parse('8080');
    await expect(admin.sessions({ path: 'shop' })).rejects.toMatchObject({ code: 'invalid_path' });
    await expect(admin.sessions({ client: wrong })).rejects.toMatchObject({
      code: 'invalid_argument',
    });
    await expect(admin.slowestSessions(-1)).rejects.toMatchObject({ code: 'invalid_argument' });
    expect(server.untaken).toEqual([]);
  });
});
