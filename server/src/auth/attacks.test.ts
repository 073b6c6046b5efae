import type { UpMessage } from '@confer/shared';
import { describe, expect, it } from 'vitest';
import { systemRuntime } from '../runtime.ts';
import { type GuardedScene, startGuarded } from '../test-support/guarded-scene.ts';
import { RawClient } from '../test-support/raw-client.ts';
import { requests } from '../test-support/requests.ts';
import { newToken, tokenText } from './token.ts';

const { newSecret } = systemRuntime;

type Request = Extract<UpMessage, { id: number }>;

const all = ['read', 'write', 'release', 'operate', 'admin'] as const;
const read = (on: string) => ({ verbs: ['read'] as const, on });
const write = (on: string) => ({ verbs: ['write'] as const, on });

/** What says nothing but about the one who asks, so that it needs no right. */
const HARMLESS = new Set(['unwatch', 'verify', 'status', 'renew', 'whoami']);

function put(path: string, value = '1'): (id: number) => Request {
  const operations = [{ type: 'put', path, value } as const];
  return (id) => ({ type: 'commit', id, requestId: `r${id}`, operations });
}

async function codeOf(scene: GuardedScene, client: RawClient, request: (id: number) => Request) {
  const reply = await scene.ask(client, request);
  return reply.type === 'error' ? reply.code : reply.type;
}

function refusalOf(scene: GuardedScene, token?: string, remote?: string) {
  const client = new RawClient(scene.core, remote);
  client.send({ type: 'hello', version: 1, ...(token === undefined ? {} : { token }) });
  return { code: client.closed?.code, reason: client.closed?.reason, told: client.received };
}

describe('who a server does not know', () => {
  it('is told neither revision nor epoch (attack 1)', async () => {
    const scene = await startGuarded();
    expect(refusalOf(scene)).toMatchObject({ code: 4401, told: [] });
  });

  it('cannot tell a wrong secret from an unknown id or a token of nobody (attack 4)', async () => {
    const scene = await startGuarded();
    const id = scene.adminToken.slice('cfr_'.length, 'cfr_'.length + 12);
    const wrong = refusalOf(scene, tokenText({ id, secret: newToken(newSecret).secret }));
    const unknown = refusalOf(scene, tokenText(newToken(newSecret)));
    expect(wrong).toEqual(unknown);
    expect(refusalOf(scene, 'cfr_x')).toEqual(unknown);
    expect(unknown).toMatchObject({ code: 4401, told: [] });
  });

  it('is throttled by address after ten failures, and others are not (attack 33)', async () => {
    const scene = await startGuarded();
    for (let i = 0; i < 10; i++) expect(refusalOf(scene, 'x', '10.0.0.1').code).toBe(4401);
    expect(refusalOf(scene, 'x', '10.0.0.1').code).toBe(4420);
    // Not even with the right one: whoever guesses is not told that it was.
    expect(refusalOf(scene, scene.adminToken, '10.0.0.1').code).toBe(4420);
    expect(RawClient.as(scene.core, scene.adminToken, '10.0.0.2').closed).toBeUndefined();
    scene.clock.advanceAtOnce(5_000);
    expect(RawClient.as(scene.core, scene.adminToken, '10.0.0.1').closed).toBeUndefined();
  });
});

describe('a token that is not good any more', () => {
  it('is refused once it has expired, and says so to who has it (attack 5)', async () => {
    const scene = await startGuarded();
    await scene.setRole({ name: 'r', allow: [read('/')] });
    const expiresAt = scene.clock.now() + 5_000;
    const made = await scene.ask(scene.admin, (id) => ({
      ...{ type: 'createToken', id, name: 't', roles: ['r'], expiresAt },
    }));
    const token = made.type === 'tokenMade' ? made.token : '';
    const client = RawClient.as(scene.core, token);
    scene.clock.advanceAtOnce(5_000);
    expect(refusalOf(scene, token).code).toBe(4410);
    client.send(requests.get(1));
    expect(client.received.filter(({ type }) => type !== 'heartbeat')).toEqual([]);
    expect(client.closed?.code).toBe(4410);
  });

  it('is refused before it is valid (attack 5)', async () => {
    const scene = await startGuarded();
    const notBefore = scene.clock.now() + 60_000;
    const made = await scene.ask(scene.admin, (id) => ({
      ...{ type: 'createToken', id, name: 't', roles: ['admin'], expiresAt: null, notBefore },
    }));
    const token = made.type === 'tokenMade' ? made.token : '';
    expect(refusalOf(scene, token).code).toBe(4401);
    scene.clock.advanceAtOnce(60_000);
    expect(RawClient.as(scene.core, token).closed).toBeUndefined();
  });

  it.each([
    ['disabled', { type: 'updateToken', token: 't', disabled: true }],
    ['removed', { type: 'removeToken', token: 't' }],
  ] as const)('ends its sessions at once when it is %s (attack 5)', async (_, request) => {
    const scene = await startGuarded();
    const token = await scene.tokenOf('t', 'admin');
    const client = RawClient.as(scene.core, token);
    expect(await codeOf(scene, scene.admin, (id) => ({ ...request, id }))).toBe('authChanged');
    expect(client.closed?.code).toBe(4401);
    expect(refusalOf(scene, token).code).toBe(4401);
  });

  it('is good with its old secret for the overlap of a rotation, and not a moment more', async () => {
    const scene = await startGuarded();
    const old = await scene.tokenOf('t', 'admin');
    const held = RawClient.as(scene.core, old);
    const made = await scene.ask(scene.admin, (id) => ({
      ...{ type: 'rotateToken', id, token: 't', overlapMs: 1_000 },
    }));
    const next = made.type === 'tokenMade' ? made.token : '';
    expect(RawClient.as(scene.core, old).closed).toBeUndefined();
    expect(RawClient.as(scene.core, next).closed).toBeUndefined();
    expect(held.closed).toBeUndefined();
    scene.clock.advanceAtOnce(1_000);
    expect(refusalOf(scene, old).code).toBe(4401);
    expect(RawClient.as(scene.core, next).closed).toBeUndefined();
    // Who came with it before is no better than who comes with it now.
    held.send(requests.get(1));
    expect(held.closed?.code).toBe(4410);
  });

  it('ends the connections of its old secret at once without an overlap, but that which is told the new one', async () => {
    const scene = await startGuarded();
    const stolen = RawClient.as(scene.core, scene.adminToken);
    const made = await scene.ask(scene.admin, (id) => ({
      ...{ type: 'rotateToken', id, token: 'root', overlapMs: 0 },
    }));
    expect(made.type).toBe('tokenMade');
    expect(stolen.closed?.code).toBe(4401);
    expect(await codeOf(scene, scene.admin, requests.whoami)).toBe('identity');
    // A second rotation forgets the first secret, overlap or not.
    const first = await scene.tokenOf('t', 'admin');
    const held = RawClient.as(scene.core, first);
    for (const overlapMs of [60_000, 60_000]) {
      expect(held.closed).toBeUndefined();
      await scene.ask(scene.admin, (id) => ({ type: 'rotateToken', id, token: 't', overlapMs }));
    }
    expect(held.closed?.code).toBe(4401);
    expect(refusalOf(scene, first).code).toBe(4401);
  });

  it('gives nothing, rather than everything, once its role is gone (attack 6)', async () => {
    const scene = await startGuarded();
    const client = await scene.guest('t', [{ verbs: all, on: '/' }]);
    expect(await codeOf(scene, client, requests.get)).toBe('got');
    await scene.ask(scene.admin, (id) => ({ type: 'removeRole', id, name: 't' }));
    for (const [type, request] of Object.entries(requests))
      if (!HARMLESS.has(type)) expect(await codeOf(scene, client, request), type).toBe('forbidden');
  });
});

describe('who has no right', () => {
  it.each(Object.keys(requests).filter((type) => !HARMLESS.has(type)))(
    'is forbidden %s (attack 2)',
    async (type) => {
      const scene = await startGuarded();
      const client = await scene.guest('nobody', []);
      const [, request] = Object.entries(requests).find(([name]) => name === type) ?? [];
      if (request === undefined) throw new Error(type);
      const { revision } = scene.engine.reads;
      expect(await codeOf(scene, client, request)).toBe('forbidden');
      expect(scene.engine.reads.revision).toBe(revision);
    },
  );

  it('is told no figures of the server', async () => {
    const scene = await startGuarded();
    const guest = await scene.guest('nobody', []);
    const told = await scene.ask(guest, requests.status);
    expect(told).not.toHaveProperty('entries');
    expect(await scene.ask(scene.admin, requests.status)).toHaveProperty('entries');
  });

  it('may do what the rule says to paths, and nothing beside them (attacks 7, 8, 9)', async () => {
    const scene = await startGuarded();
    await scene.put('/app/s/k', '1');
    const client = await scene.guest(
      'g',
      [read('/app'), write('/app')],
      [read('/app/s'), write('/app/s')],
    );
    const list = (path: string) => (id: number) => ({ type: 'list', id, path }) as const;
    const watch = (path: string) => (id: number) =>
      ({ type: 'watch', id, path, mode: 'state' }) as const;
    const get = (path: string) => (id: number) => ({ type: 'get', id, path }) as const;
    const clear = (path: string) => (id: number) => {
      const operations = [{ type: 'delete', path, recursive: true } as const];
      return { type: 'commit', id, requestId: `c${id}`, operations } as const;
    };
    for (const request of [
      ...[get('/apple'), get('/app.x'), get('/app/s/k'), get('/app/s')],
      ...[list('/app'), list('/'), watch('/app'), watch('/'), clear('/app'), clear('/')],
      ...[put('/apple'), put('/app/s/k'), list('/app/s')],
    ])
      expect(await codeOf(scene, client, request), JSON.stringify(request(1))).toBe('forbidden');
    expect(await codeOf(scene, client, get('/app//s'))).toBe('invalid_path');
    for (const request of [
      get('/app'),
      get('/app/st'),
      list('/app/t'),
      watch('/app/t'),
      put('/app/a'),
    ])
      expect(await codeOf(scene, client, request), JSON.stringify(request(1))).not.toBe(
        'forbidden',
      );
    expect(await scene.ask(client, list('/app'))).toMatchObject({ path: '/app/s' });
    expect(scene.engine.reads.get('/app/s/k')?.value).toBe('1');
  });

  it('writes nothing of a commit with one foreign path among a thousand, in one frame or in parts (attack 10)', async () => {
    const scene = await startGuarded();
    const client = await scene.guest('g', [write('/mine')]);
    const operations = Array.from({ length: 1_000 }, (_, i) => ({
      ...{ type: 'put', path: i === 700 ? '/other' : `/mine/${i}`, value: '1' },
    })) satisfies Extract<Request, { type: 'commit' }>['operations'];
    const { revision } = scene.engine.reads;
    const whole = (id: number) => ({ type: 'commit', id, requestId: 'x', operations }) as const;
    expect(await codeOf(scene, client, whole)).toBe('forbidden');
    client.send({ type: 'commit', id: 1, requestId: 'y', operations, part: 0, more: true });
    client.send({ type: 'commit', id: 1, requestId: 'y', operations: [], part: 1 });
    await scene.settle();
    expect(client.received.at(-1)).toMatchObject({ type: 'error', code: 'forbidden' });
    expect(scene.engine.reads.revision).toBe(revision);
  });

  it('learns nothing from conditions and conflicts (attack 11)', async () => {
    const scene = await startGuarded();
    await scene.put('/secret/k', 'top');
    await scene.put('/mine/k', 'top');
    const client = await scene.guest('g', [write('/mine')]);
    const commit = (path: string) => (id: number) =>
      ({
        ...{ type: 'commit', id, requestId: `c${id}`, conditions: [{ path, modRevision: 0 }] },
        operations: [{ type: 'put', path: '/mine/x', value: '1' }],
      }) satisfies Request;
    expect(await codeOf(scene, client, commit('/secret/k'))).toBe('forbidden');
    const told = await scene.ask(client, commit('/mine/k'));
    expect(told).toMatchObject({ type: 'error', code: 'conflict', path: '/mine/k' });
    expect(told).not.toHaveProperty('current');
    expect(JSON.stringify(told)).not.toContain('top');
    // Who may write everything may still not write, and so not find out, what is the server's own.
    const writer = await scene.guest('w', [read('/'), write('/')]);
    expect(await codeOf(scene, writer, commit('/.confer/auth/names/root'))).toBe('forbidden');
    const reader = await scene.guest('h', [write('/mine'), read('/mine')]);
    expect(await scene.ask(reader, commit('/mine/k'))).toMatchObject({ current: { value: 'top' } });
  });

  it('learns nothing from counts, and may not watch what it may only write (attack 12)', async () => {
    const scene = await startGuarded();
    for (let i = 0; i < 5; i++) await scene.put(`/mine/${i}`, '1');
    const client = await scene.guest('g', [write('/mine')]);
    const operations = [{ type: 'delete', path: '/mine', recursive: true } as const];
    const told = await scene.ask(client, (id) => ({
      ...{ type: 'commit', id, requestId: 'c', operations },
    }));
    expect(told).toMatchObject({ type: 'committed', puts: 0, deletes: 1 });
    for (const prev of [true, false])
      expect(
        await codeOf(scene, client, (id) => ({
          ...{ type: 'watch', id, path: '/mine', mode: 'events', prev, clears: true },
        })),
      ).toBe('forbidden');
  });

  it('is told all of its roles, as many as a token may have, and each as large as one may be', async () => {
    const scene = await startGuarded();
    const grants = Array.from({ length: 256 }, (_, i) => read(`/${i}`));
    const names = Array.from({ length: 32 }, (_, i) => `r${i}`);
    for (const name of names) await scene.setRole({ name, allow: grants, deny: grants });
    const client = RawClient.as(scene.core, await scene.tokenOf('t', ...names));
    const told = await scene.ask(client, requests.whoami);
    if (told.type !== 'identity') throw new Error(JSON.stringify(told));
    expect([told.allow.length, told.deny.length]).toEqual([8_192, 8_192]);
  });

  it('is told by checkRight what a request would be told', async () => {
    const scene = await startGuarded();
    const client = await scene.guest('g', [read('/'), write('/')]);
    const check = (verb: 'read' | 'write', path: string, principal?: string) => (id: number) =>
      ({ type: 'checkRight', id, verb, path, ...(principal && { principal }) }) satisfies Request;
    expect(await scene.ask(client, check('read', '/'))).toMatchObject({ allowed: true });
    for (const request of [check('read', '/.confer/auth'), check('write', '/a/.confer')])
      expect(await scene.ask(client, request)).toMatchObject({ allowed: false });
    expect(await scene.ask(scene.admin, check('read', '/a', 'g'))).toMatchObject({ allowed: true });
    await scene.ask(scene.admin, (id) => ({ type: 'updateToken', id, token: 'g', disabled: true }));
    expect(await scene.ask(scene.admin, check('read', '/a', 'g'))).toMatchObject({
      ...{ allowed: false, rule: 'the token g is disabled' },
    });
  });

  it("never learns the outcome of another one's request id (attack 13)", async () => {
    const scene = await startGuarded();
    const [a, b] = [await scene.guest('a', [write('/a')]), await scene.guest('b', [write('/b')])];
    const commit = (path: string) => (id: number) =>
      ({
        type: 'commit',
        id,
        requestId: 'same',
        operations: [{ type: 'put', path, value: '1' }],
      }) satisfies Request;
    const first = await scene.ask(a, commit('/a/k'));
    const second = await scene.ask(b, commit('/b/k'));
    expect(second).toMatchObject({ type: 'committed' });
    expect(second).not.toMatchObject({ revision: first.type === 'committed' ? first.revision : 0 });
    // The same principal's second try is the first one, also over another connection (S4).
    expect(await scene.ask(a, commit('/a/k'))).toMatchObject({ ...first, id: expect.any(Number) });
  });

  it('reads no past with the rights that it had (attack 14)', async () => {
    const scene = await startGuarded();
    await scene.put('/a/k', 'then');
    const client = await scene.guest('g', [read('/a')]);
    const at = scene.engine.reads.revision;
    await scene.setRole({ name: 'g', allow: [read('/b')] });
    for (const [type, path] of [
      ...([
        ['get', '/a/k'],
        ['history', '/a/k'],
      ] as const),
      ...([
        ['list', '/a'],
        ['log', '/a'],
      ] as const),
    ])
      expect(await codeOf(scene, client, (id) => ({ type, id, path, at })), type).toBe('forbidden');
    const after = { epoch: scene.core.status().epoch, revision: at };
    for (const mode of ['state', 'events'] as const)
      expect(
        await codeOf(scene, client, (id) => ({ type: 'watch', id, path: '/a', mode, after })),
      ).toBe('forbidden');
  });

  it('gets no warm pages and no shared watch of another one (attack 17)', async () => {
    const scene = await startGuarded();
    await scene.put('/a/k', 'secret');
    const [a, b] = [await scene.guest('a', [read('/a')]), await scene.guest('b', [read('/b')])];
    expect(await codeOf(scene, a, requests.watch)).toBe('watching');
    expect(await codeOf(scene, b, requests.watch)).toBe('forbidden');
    expect(await codeOf(scene, b, requests.unwatch)).toBe('unknown_watch');
    expect(await codeOf(scene, b, requests.verify)).toBe('unknown_watch');
    await scene.put('/a/k', 'secret too');
    expect(JSON.stringify(b.received)).not.toContain('secret');
    expect(JSON.stringify(a.received)).toContain('secret too');
  });

  it('sees nothing of roles and tokens, not even with a right to read everything (attack 18)', async () => {
    const scene = await startGuarded();
    const client = await scene.guest('g', [{ verbs: ['read', 'write', 'operate'], on: '/' }]);
    for (const path of ['/.confer/auth', '/.confer', '/.confer/auth/tokens']) {
      expect(await codeOf(scene, client, (id) => ({ type: 'list', id, path })), path).toBe(
        'forbidden',
      );
      expect(await codeOf(scene, client, (id) => ({ type: 'get', id, path })), path).toBe(
        'forbidden',
      );
      expect(
        await codeOf(scene, client, (id) => ({ type: 'watch', id, path, mode: 'events' })),
      ).toBe('forbidden');
    }
    expect(
      await codeOf(scene, client, (id) => ({ type: 'watch', id, path: '/', mode: 'state' })),
    ).toBe('watching');
    await scene.setRole({ name: 'another', allow: [read('/x')] });
    expect(JSON.stringify(client.received)).not.toContain('.confer');
    for (const client of [scene.admin])
      expect(await codeOf(scene, client, put('/.confer/auth/roles/x'))).toBe('reserved_path');
  });
});
