import { times } from '@confer/shared';
import { describe, expect, it } from 'vitest';
import { EventWatch } from '../../test-support/event-scene.ts';
import { type GuardedScene, startGuarded } from '../../test-support/guarded-scene.ts';
import { bearer, httpOf } from '../../test-support/http-scene.ts';

const TARGET = '/v1/watch/app?mode=events';

async function readerOf(scene: GuardedScene, headers: Readonly<Record<string, string>>) {
  const watch = new EventWatch(httpOf(scene), TARGET, headers);
  await scene.settle();
  return watch;
}

async function start() {
  const scene = await startGuarded();
  await scene.setRole({ name: 'reader', allow: [{ verbs: ['read'], on: '/app' }] });
  const token = await scene.tokenOf('ada', 'reader');
  return { ...scene, token };
}

describe('the rights of a reader of events', () => {
  it('attack 2: without a token there is no stream, and no revision or epoch', async () => {
    const scene = await start();
    const watch = await readerOf(scene, {});
    expect(watch.exchange.said?.status).toBe(401);
    expect(watch.exchange.said?.headers['www-authenticate']).toMatch(/^Bearer/);
    expect(watch.exchange.text).not.toContain(scene.engine.epoch);
  });

  it('attack 2: with a token without grants it is forbidden', async () => {
    const scene = await start();
    const watch = await readerOf(scene, bearer(await scene.tokenOf('bob')));
    expect(watch.exchange.said?.status).toBe(403);
    expect(watch.exchange.json).toMatchObject({ code: 'forbidden' });
    expect(scene.core.http.readers.count).toBe(0);
  });

  it('W11 a right that ends ends the stream before anything of that revision', async () => {
    const scene = await start();
    const watch = await readerOf(scene, bearer(scene.token));
    await scene.put('/app/a', '1');
    const revision = await scene.setRole({ name: 'reader' });
    await scene.put('/app/a', 'secret');
    expect(watch.types).toEqual(['welcome', 'watching', 'commits', 'revoked']);
    expect(watch.take('welcome').principal).toBe('ada');
    expect(JSON.parse(watch.events.at(-1)?.data ?? '')).toMatchObject({ revision });
    expect(watch.exchange.isEnded).toBe(true);
    expect(scene.core.http.readers.count).toBe(0);
    const again = await readerOf(scene, {
      ...bearer(scene.token),
      'last-event-id': watch.source.lastEventId,
    });
    expect(again.exchange.said?.status).toBe(403);
  });

  it('W11 of who does not read nothing more is begun once the right has ended', async () => {
    const scene = await start();
    const watch = await readerOf(scene, bearer(scene.token));
    watch.exchange.isRead = false;
    for (let n = 0; n < 20; n++) await scene.put('/app/a', `before ${n}`);
    await scene.setRole({ name: 'reader' });
    await scene.put('/app/a', 'secret');
    watch.exchange.drain();
    await scene.settle();
    expect(watch.types).toEqual(['welcome', 'watching', 'commits', 'revoked']);
    expect(watch.exchange.text).not.toContain('secret');
  });

  it('a token that is removed ends it, and says why', async () => {
    const scene = await start();
    const watch = await readerOf(scene, bearer(scene.token));
    const token = /^cfr_(.{12})/.exec(scene.token)?.[1] ?? '';
    await scene.ask(scene.admin, (id) => ({ type: 'removeToken', id, token }));
    expect(watch.types).toEqual(['welcome', 'watching', 'closed']);
    const said = JSON.parse(watch.events.at(-1)?.data ?? '');
    expect(said).toMatchObject({ type: 'closed', code: 'unauthenticated', closeCode: 4401 });
  });

  it('a token that has expired ends it, with the code that asks for another', async () => {
    const scene = await start();
    const made = await scene.ask(scene.admin, (id) => ({
      ...{ type: 'createToken', id, name: 'short', roles: ['reader'] },
      expiresAt: scene.clock.now() + 1_000,
    }));
    if (made.type !== 'tokenMade') throw new Error(JSON.stringify(made));
    const watch = await readerOf(scene, bearer(made.token));
    for (let step = 0; step < 11; step++) {
      await scene.clock.advance(times.heartbeatMs / 10);
      await scene.settle();
    }
    expect(watch.types).toEqual(['welcome', 'watching', 'closed']);
    expect(watch.events.at(-1)?.data).toContain('token_expired');
    const again = await readerOf(scene, bearer(made.token));
    expect(again.exchange.said?.status).toBe(401);
    expect(again.exchange.json).toMatchObject({ code: 'token_expired' });
  });

  it('operators see it among the sessions, with what it is behind', async () => {
    const scene = await start();
    await readerOf(scene, bearer(scene.token));
    const reply = await scene.ask(scene.admin, (id) => ({
      type: 'listSessions',
      id,
      path: '/app',
    }));
    expect(reply).toMatchObject({
      items: [{ principal: 'ada', transport: 'sse', watchCount: 1, watches: [{ state: 'live' }] }],
    });
  });
});
