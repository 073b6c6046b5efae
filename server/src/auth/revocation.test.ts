import { describe, expect, it } from 'vitest';
import type { Engine } from '../engine/engine.ts';
import { startGuarded } from '../test-support/guarded-scene.ts';
import { RawClient } from '../test-support/raw-client.ts';

type Reads = Engine['reads'];

const read = (on: string) => ({ verbs: ['read'] as const, on });

/** Reads that are not the newest there is before a barrier is passed, as those of a gateway. */
function waiting(reads: Reads, barrier: Reads['barrier']): Reads {
  return new Proxy(reads, {
    get(target, name) {
      if (name === 'barrier') return barrier;
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

/** The highest revision of which a connection was told anything in a frame of a watch. */
function toldTo(client: RawClient): number {
  const told = client.received.flatMap((message) => {
    if (message.type === 'commits') return message.commits.map(({ revision }) => revision);
    return message.type === 'snapshot' || message.type === 'synced' ? [message.revision] : [];
  });
  return Math.max(0, ...told);
}

describe('W11 a right that ends', () => {
  it('ends at a revision: of that one and later ones, a live watch gets nothing (attack 15)', async () => {
    const scene = await startGuarded();
    const client = await scene.guest('g', [read('/a')]);
    client.send({ type: 'watch', id: 1, path: '/a', mode: 'events' });
    await scene.settle();
    await scene.put('/a/k', 'before');
    const end = await scene.setRole({ name: 'g' });
    await scene.put('/a/k', 'after');
    expect(client.received.at(-1)).toEqual({ type: 'revoked', watch: 'w1', revision: end });
    expect(toldTo(client)).toBe(end - 1);
    expect(JSON.stringify(client.received)).not.toContain('after');
    expect(client.closed).toBeUndefined();
  });

  it('ends between the commits of one batch', async () => {
    const scene = await startGuarded();
    const client = await scene.guest('g', [read('/a')]);
    client.send({ type: 'watch', id: 1, path: '/a', mode: 'events' });
    await scene.settle();
    const write = (value: string) =>
      scene.engine.writes.commit({
        ...{ operations: [{ type: 'put', path: '/a/k', value }], conditions: [] },
        ...{ actor: 'test', requestId: value },
      });
    // All of them come in one turn of the engine.
    const narrowed = () =>
      scene.admin.send({ type: 'setRole', id: 1, name: 'g', allow: [], deny: [] });
    const first = write('before');
    narrowed();
    const last = write('after');
    await Promise.all([first, last]);
    await scene.settle();
    const revoked = client.received.find(({ type }) => type === 'revoked');
    expect(revoked).toMatchObject({ revision: (await first).revision + 1 });
    expect(toldTo(client)).toBe((await first).revision);
    expect(JSON.stringify(client.received)).not.toContain('after');
  });

  it('ends a lagging watch, which is not told what it had coming (attack 15)', async () => {
    const scene = await startGuarded();
    const client = await scene.guest('g', [read('/a')]);
    client.send({ type: 'watch', id: 1, path: '/a', mode: 'events' });
    await scene.settle();
    client.answer = 'buffered';
    await scene.put('/a/k', 'sent');
    for (let i = 0; i < 10; i++) await scene.put('/a/k', `waiting ${i}`);
    const end = await scene.setRole({ name: 'g' });
    client.drain();
    await scene.settle();
    expect(client.received.at(-1)).toEqual({ type: 'revoked', watch: 'w1', revision: end });
    expect(JSON.stringify(client.received)).not.toContain('waiting');
  });

  it('ends a batch between its frames, and a snapshot between its pages (attack 15)', async () => {
    const scene = await startGuarded();
    const operations = Array.from({ length: 40 }, (_, i) => ({
      ...{ type: 'put' as const, path: `/a/${i}`, value: `${i}`.padEnd(50_000, 'x') },
    }));
    const write = (requestId: string) =>
      scene.engine.writes.commit({ operations, conditions: [], actor: 'test', requestId });
    await write('first');
    await scene.settle();
    for (const mode of ['state', 'events'] as const) {
      const client = await scene.guest(mode, [read('/a')]);
      client.answer = mode === 'state' ? 'buffered' : 'sent';
      client.send({ type: 'watch', id: 1, path: '/a', mode });
      await scene.settle();
      client.answer = 'buffered';
      if (mode === 'events') await write(mode);
      await scene.settle();
      const before = client.received.filter(({ type }) => type !== 'watching').length;
      await scene.setRole({ name: mode });
      client.drain();
      await scene.settle();
      expect(
        client.received.filter(({ type }) => type !== 'watching'),
        mode,
      ).toHaveLength(before + 1);
      expect(client.received.at(-1)?.type, mode).toBe('revoked');
    }
  });

  it('ends one watch of three, and the others go on (attack 16)', async () => {
    const scene = await startGuarded();
    const client = await scene.guest('g', [read('/a'), read('/b'), read('/c')]);
    for (const [id, path] of ['/a', '/b', '/c'].entries())
      client.send({ type: 'watch', id, path, mode: 'state' });
    await scene.settle();
    client.received.length = 0;
    await scene.setRole({ name: 'g', allow: [read('/a'), read('/c')] });
    for (const path of ['/a/k', '/b/k', '/c/k']) await scene.put(path, '1');
    expect(client.received.filter(({ type }) => type === 'revoked')).toHaveLength(1);
    expect(JSON.stringify(client.received)).toContain('/a/k');
    expect(JSON.stringify(client.received)).not.toContain('/b/k');
    expect(JSON.stringify(client.received)).toContain('/c/k');
  });

  it('is judged anew for what had to wait for a newer state', async () => {
    let release = () => {};
    const barrier = () =>
      new Promise<void>((resolve) => {
        release = resolve;
      });
    const scene = await startGuarded({
      wrap: ({ reads, ...engine }) => ({ ...engine, reads: waiting(reads, barrier) }),
    });
    await scene.put('/a/k', 'secret');
    const client = await scene.guest('g', [read('/a')]);
    client.send({ type: 'get', id: 1, path: '/a/k' });
    await scene.setRole({ name: 'g' });
    release();
    await scene.settle();
    expect(client.received).toMatchObject([{ type: 'error', id: 1, code: 'forbidden' }]);
  });

  it('answers a write of its connection that waited for the watch that ended (W12)', async () => {
    const scene = await startGuarded();
    const client = await scene.guest('g', [read('/a'), { verbs: ['write'], on: '/' }]);
    client.send({ type: 'watch', id: 1, path: '/a', mode: 'events' });
    await scene.settle();
    client.answer = 'buffered';
    await scene.put('/a/k', '1');
    client.send({
      ...{ type: 'commit', id: 2, requestId: 'r' },
      operations: [{ type: 'put', path: '/x', value: '1' }],
    });
    await scene.settle();
    await scene.setRole({ name: 'g', allow: [{ verbs: ['write'], on: '/' }] });
    client.drain();
    await scene.settle();
    expect(client.received).toContainEqual(expect.objectContaining({ type: 'committed', id: 2 }));
  });

  it('ends for a connection that was asked to leave, too', async () => {
    const scene = await startGuarded({
      wrap: ({ reads, ...engine }) => ({
        ...engine,
        reads: waiting(reads, () => new Promise(() => {})),
      }),
    });
    const client = await scene.guest('g', [read('/a')]);
    client.send({ type: 'watch', id: 1, path: '/a', mode: 'events' });
    // What was accepted and is not answered keeps the server for a while.
    client.send({ type: 'get', id: 2, path: '/a' });
    await scene.settle();
    void scene.core.stop();
    await scene.remove('/.confer/auth/roles/g');
    await scene.put('/a/k', 'secret');
    expect(client.received.map(({ type }) => type)).toEqual(['watching', 'goodbye', 'revoked']);
  });

  it('comes back with the role, to who asks again', async () => {
    const scene = await startGuarded();
    const client = await scene.guest('g', [read('/a')]);
    client.send({ type: 'watch', id: 1, path: '/a', mode: 'events' });
    await scene.setRole({ name: 'g' });
    await scene.setRole({ name: 'g', allow: [read('/a')] });
    client.send({ type: 'watch', id: 2, path: '/a', mode: 'events' });
    await scene.settle();
    await scene.put('/a/k', 'again');
    expect(JSON.stringify(client.received)).toContain('again');
  });
});

describe('a token that is renewed', () => {
  it('goes on without a new connection, and nobody becomes somebody else', async () => {
    const scene = await startGuarded();
    await scene.setRole({ name: 'r', allow: [read('/')] });
    const token = await scene.tokenOf('t', 'r');
    const client = RawClient.as(scene.core, token);
    const next = await scene.ask(scene.admin, (id) => ({
      ...{ type: 'rotateToken', id, token: 't', overlapMs: 1_000 },
      expiresAt: scene.clock.now() + 60_000,
    }));
    const renewal = next.type === 'tokenMade' ? next.token : '';
    expect(await scene.ask(client, (id) => ({ type: 'renew', id, token: renewal }))).toMatchObject({
      ...{ type: 'renewed', expiresInMs: 60_000 },
    });
    const other = scene.adminToken;
    expect(await scene.ask(client, (id) => ({ type: 'renew', id, token: other }))).toMatchObject({
      ...{ type: 'error', code: 'forbidden' },
    });
    expect(await scene.ask(client, (id) => ({ type: 'whoami', id }))).toMatchObject({
      ...{ principal: 't', kind: 'token', roles: ['r'], allow: [read('/')] },
    });
    expect(await scene.ask(client, (id) => ({ type: 'renew', id, token: 'x' }))).toMatchObject({
      ...{ type: 'error', code: 'unauthenticated' },
    });
    expect(client.closed).toBeUndefined();
  });
});

describe('who wrote an entry', () => {
  it('is the principal, not what a client calls itself', async () => {
    const scene = await startGuarded();
    const client = await scene.guest('ci', [{ verbs: ['read', 'write'], on: '/a' }]);
    client.send({
      ...{ type: 'commit', id: 1, requestId: 'r' },
      operations: [{ type: 'put', path: '/a/k', value: '1' }],
    });
    await scene.settle();
    expect(scene.engine.reads.get('/a/k')?.updatedBy).toBe('ci');
  });
});
