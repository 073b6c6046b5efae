import type { Grant } from '@confer/shared';
import { describe, expect, it } from 'vitest';
import { type GuardedScene, oneTimeSecret, startGuarded } from '../test-support/guarded-scene.ts';
import { RawClient } from '../test-support/raw-client.ts';
import { startCore } from '../test-support/scene.ts';

const read = (on: string): Grant => ({ verbs: ['read'], on });
const admin: Grant = { verbs: ['admin'], on: '/' };

type Asked = Parameters<GuardedScene['ask']>[1];

async function codeOf(scene: GuardedScene, client: RawClient, request: Asked) {
  const reply = await scene.ask(client, request);
  return reply.type === 'error' ? reply.code : reply.type;
}

const grants = (list: readonly Grant[]) => list.map(({ verbs, on }) => ({ verbs: [...verbs], on }));
const role = (name: string, allow: readonly Grant[], deny: readonly Grant[] = []): Asked => {
  return (id) => ({ type: 'setRole', id, name, allow: grants(allow), deny: grants(deny) });
};
const token = (name: string, ...roles: string[]): Asked => {
  return (id) => ({ type: 'createToken', id, name, roles, expiresAt: null });
};

describe('who may say who may do what', () => {
  it('gives nobody more than they have (attack 19)', async () => {
    const scene = await startGuarded();
    await scene.setRole({ name: 'reader-of-b', allow: [read('/b')] });
    const clerk = await scene.guest('clerk', [admin, read('/a')]);
    expect(await codeOf(scene, clerk, role('x', [read('/a/b')]))).toBe('authChanged');
    for (const request of [
      ...[
        role('x', [read('/')]),
        role('x', [read('/b')]),
        role('x', [{ verbs: ['write'], on: '/a' }]),
      ],
      ...[token('t', 'admin'), token('t', 'reader-of-b')],
      ...[role('clerk', [admin, read('/')]), role('admin', [read('/a')])],
    ])
      expect(await codeOf(scene, clerk, request), JSON.stringify(request(1))).toBe('forbidden');
    expect(await codeOf(scene, clerk, token('t', 'x'))).toBe('tokenMade');
  });

  it('takes no denial away that binds them (attack 19)', async () => {
    const scene = await startGuarded();
    await scene.setRole({ name: 'no-secrets', deny: [read('/s')] });
    await scene.tokenOf('worker', 'no-secrets');
    const clerk = await scene.guest('clerk', [admin, read('/')], [read('/s')]);
    for (const request of [
      role('no-secrets', []),
      role('no-secrets', [], [read('/s/only')]),
      ((id) => ({ type: 'removeRole', id, name: 'no-secrets' })) satisfies Asked,
      ((id) => ({ type: 'updateToken', id, token: 'worker', roles: [] })) satisfies Asked,
    ])
      expect(await codeOf(scene, clerk, request), JSON.stringify(request(1))).toBe('forbidden');
    expect(await codeOf(scene, clerk, role('no-secrets', [], [read('/s'), read('/t')]))).toBe(
      'authChanged',
    );
  });

  it('cannot take over a token that may more (attack 19)', async () => {
    const scene = await startGuarded();
    const clerk = await scene.guest('clerk', [admin, read('/a')]);
    for (const request of [
      ((id) => ({ type: 'rotateToken', id, token: 'root', overlapMs: 0 })) satisfies Asked,
      ((id) => ({ type: 'updateToken', id, token: 'root', expiresAt: null })) satisfies Asked,
      ((id) => ({ type: 'updateToken', id, token: 'clerk', roles: ['admin'] })) satisfies Asked,
    ])
      expect(await codeOf(scene, clerk, request), JSON.stringify(request(1))).toBe('forbidden');
  });

  it('cannot lock everybody out together with another one, who ends them at the same time', async () => {
    for (const end of [
      (token: string, id: number) => ({ type: 'updateToken', id, token, disabled: true }) as const,
      (token: string, id: number) => ({ type: 'removeToken', id, token }) as const,
    ]) {
      const scene = await startGuarded();
      const other = RawClient.as(scene.core, await scene.tokenOf('other', 'admin'));
      scene.admin.send(end('other', 1));
      other.send(end('root', 1));
      await scene.settle();
      expect(other.closed?.code).toBe(4401);
      expect(scene.admin.received).toMatchObject([{ type: 'authChanged' }]);
      const { policy } = scene.core.administration ?? {};
      expect(policy?.current.hasAdmin(scene.clock.now())).toBe(true);
    }
  });

  it('calls nobody what the server calls itself', async () => {
    const scene = await startGuarded();
    for (const name of ['confer', 'bootstrap', 'confer-token-recover'])
      expect(await codeOf(scene, scene.admin, token(name, 'admin'))).toBe('invalid_value');
  });

  it('cannot give up together, each because the other is there', async () => {
    const scene = await startGuarded();
    const boss = await scene.guest('boss', [admin]);
    scene.admin.send({ type: 'updateToken', id: 1, token: 'root', roles: [] });
    boss.send({ type: 'updateToken', id: 1, token: 'boss', roles: [] });
    await scene.settle();
    expect([...scene.admin.received, ...boss.received]).toMatchObject([
      { type: 'authChanged' },
      { type: 'error', code: 'conflict' },
    ]);
  });

  it('counts nobody as the one who is left before their token holds', async () => {
    const scene = await startGuarded();
    const tomorrow = scene.clock.now() + 86_400_000;
    const later: Asked = (id) => ({
      ...{ type: 'createToken', id, name: 'later', roles: ['admin'] },
      ...{ expiresAt: null, notBefore: tomorrow },
    });
    expect(await codeOf(scene, scene.admin, later)).toBe('tokenMade');
    const giveUp: Asked = (id) => ({ type: 'updateToken', id, token: 'root', roles: [] });
    expect(await codeOf(scene, scene.admin, giveUp)).toBe('forbidden');
    scene.clock.step(86_400_000);
    expect(await codeOf(scene, scene.admin, giveUp)).toBe('authChanged');
  });

  it('gives nothing once it is disabled, by what was under way either', async () => {
    const scene = await startGuarded();
    const thief = RawClient.as(scene.core, await scene.tokenOf('stolen', 'admin'));
    scene.admin.send({ type: 'updateToken', id: 1, token: 'stolen', disabled: true });
    thief.send({ type: 'createToken', id: 1, name: 'spare', roles: ['admin'], expiresAt: null });
    thief.send({
      type: 'setRole',
      id: 2,
      name: 'x',
      allow: [{ verbs: ['read'], on: '/' }],
      deny: [],
    });
    await scene.settle();
    const { policy } = scene.core.administration ?? {};
    expect(policy?.current.tokenNamed('spare')).toBeUndefined();
    expect(policy?.current.role('x')).toBeUndefined();
  });

  it('takes no denial away that came while it was under way, and shows no hash in a conflict', async () => {
    const scene = await startGuarded();
    await scene.setRole({ name: 'no-secrets', deny: [] });
    const clerk = await scene.guest('clerk', [admin, read('/')], [read('/s')]);
    scene.admin.send({
      type: 'setRole',
      id: 1,
      name: 'no-secrets',
      allow: [],
      deny: [{ verbs: ['read'], on: '/s' }],
    });
    const told = await scene.ask(clerk, role('no-secrets', []));
    expect(told).toMatchObject({ type: 'error', code: 'conflict' });
    scene.admin.send({ type: 'updateToken', id: 2, token: 'clerk', note: 'a' });
    scene.admin.send({ type: 'updateToken', id: 3, token: 'clerk', note: 'b' });
    await scene.settle();
    expect(scene.admin.received.at(-1)).toMatchObject({ type: 'error', id: 3, code: 'conflict' });
    expect(scene.admin.received.at(-1)).not.toHaveProperty('current');
  });

  it('cannot lock everybody out', async () => {
    const scene = await startGuarded();
    for (const request of [
      ((id) => ({ type: 'removeToken', id, token: 'root' })) satisfies Asked,
      ((id) => ({ type: 'updateToken', id, token: 'root', disabled: true })) satisfies Asked,
      ((id) => ({ type: 'updateToken', id, token: 'root', roles: [] })) satisfies Asked,
    ])
      expect(await codeOf(scene, scene.admin, request), JSON.stringify(request(1))).toBe(
        'forbidden',
      );
    const second = RawClient.as(scene.core, await scene.tokenOf('second', 'admin'));
    const own: Asked = (id) => ({ type: 'removeToken', id, token: 'second' });
    expect(await codeOf(scene, second, own)).toBe('forbidden');
    expect(await codeOf(scene, second, (id) => ({ type: 'removeToken', id, token: 'root' }))).toBe(
      'authChanged',
    );
    expect(scene.admin.closed?.code).toBe(4401);
  });

  it.each([
    ['a name that no path has', role('a/b', [])],
    ['a name that begins with a dot', role('.confer', [])],
    ['a path that is none', role('x', [read('a')])],
    ['a grant of no verb', role('x', [{ verbs: [], on: '/' }])],
    ['a role that is not there', token('t', 'nothing')],
    [
      'a token in the past',
      (id: number) =>
        ({
          ...{ type: 'createToken', id, name: 't', roles: [] },
          expiresAt: 1,
        }) satisfies ReturnType<Asked>,
    ],
    [
      'a token that is not there',
      ((id) => ({ type: 'removeToken', id, token: 'x' })) satisfies Asked,
    ],
    ['a role that is not there', ((id) => ({ type: 'removeRole', id, name: 'x' })) satisfies Asked],
  ])('refuses %s', async (_, request) => {
    const scene = await startGuarded();
    const { revision } = scene.engine.reads;
    expect(await codeOf(scene, scene.admin, request)).toBe('invalid_value');
    expect(scene.engine.reads.revision).toBe(revision);
  });

  it('enables and rotates a token although one of its roles is gone', async () => {
    const scene = await startGuarded();
    await scene.setRole({ name: 'r' });
    await scene.tokenOf('t', 'r');
    await scene.ask(scene.admin, (id) => ({ type: 'removeRole', id, name: 'r' }));
    const asked: readonly Asked[] = [
      (id) => ({ type: 'updateToken', id, token: 't', disabled: true }),
      (id) => ({ type: 'updateToken', id, token: 't', disabled: false }),
    ];
    for (const request of asked)
      expect(await codeOf(scene, scene.admin, request)).toBe('authChanged');
    const rotate: Asked = (id) => ({ type: 'rotateToken', id, token: 't', overlapMs: 0 });
    expect(await codeOf(scene, scene.admin, rotate)).toBe('tokenMade');
  });

  it('has one token of a name, however many make it at once', async () => {
    const scene = await startGuarded();
    for (let id = 1; id <= 20; id++)
      scene.admin.send({ type: 'createToken', id, name: 'same', roles: [], expiresAt: null });
    await scene.settle();
    const made = scene.admin.received.filter(({ type }) => type === 'tokenMade');
    expect(made).toHaveLength(1);
    expect(
      scene.admin.received.filter((m) => m.type === 'error' && m.code === 'conflict'),
    ).toHaveLength(19);
  });

  it('is told of tokens without their secrets, and when they were used last', async () => {
    const scene = await startGuarded();
    const text = await scene.tokenOf('t', 'admin');
    RawClient.as(scene.core, text);
    await scene.settle();
    const listed = await scene.ask(scene.admin, (id) => ({ type: 'listTokens', id }));
    const day = new Date(scene.clock.now()).toISOString().slice(0, 10);
    expect(listed).toMatchObject({
      tokens: [
        { name: 'root', createdBy: 'bootstrap', lastUsed: day },
        { name: 't', createdBy: 'root', roles: ['admin'], expiresAt: null, lastUsed: day },
      ],
    });
    expect(JSON.stringify(listed)).not.toMatch(/hash/i);
    const secret = text.slice('cfr_'.length + 13);
    expect(JSON.stringify(listed)).not.toContain(secret);
  });

  it('notes the use of a token once a day', async () => {
    const scene = await startGuarded();
    const text = await scene.tokenOf('t', 'admin');
    RawClient.as(scene.core, text);
    await scene.settle();
    const { revision } = scene.engine.reads;
    for (let i = 0; i < 5; i++) RawClient.as(scene.core, text);
    await scene.settle();
    expect(scene.engine.reads.revision).toBe(revision);
  });

  it('says which rule decides', async () => {
    const scene = await startGuarded();
    await scene.guest('g', [read('/a')], [read('/a/s')]);
    const check = (path: string): Asked => {
      return (id) => ({ type: 'checkRight', id, principal: 'g', verb: 'read', path });
    };
    expect(await scene.ask(scene.admin, check('/a/t'))).toMatchObject({
      allowed: true,
      rule: 'role g allows read on /a',
    });
    expect(await scene.ask(scene.admin, check('/a'))).toMatchObject({
      allowed: false,
      rule: 'role g denies read on /a/s',
    });
  });
});

describe('a role or token that cannot be read', () => {
  it('gives nothing: neither what it gave, nor what it denied', async () => {
    const scene = await startGuarded();
    const client = await scene.guest('g', [read('/')]);
    await scene.setRole({ name: 'no', deny: [read('/s')] });
    await scene.ask(scene.admin, (id) => ({
      type: 'updateToken',
      id,
      token: 'g',
      roles: ['g', 'no'],
    }));
    expect(await codeOf(scene, client, (id) => ({ type: 'get', id, path: '/a' }))).toBe('got');
    await scene.put('/.confer/auth/roles/no', 'not json');
    expect(await codeOf(scene, client, (id) => ({ type: 'get', id, path: '/a' }))).toBe(
      'forbidden',
    );
    await scene.put('/.confer/auth/roles/no', '{"allow":[],"deny":[{"verbs":["dance"],"on":"/"}]}');
    expect(await codeOf(scene, client, (id) => ({ type: 'get', id, path: '/a' }))).toBe(
      'forbidden',
    );
    const listed = await scene.ask(scene.admin, (id) => ({ type: 'listTokens', id }));
    const [, id] = listed.type === 'tokens' ? listed.tokens.map((each) => each.id) : [];
    await scene.put(`/.confer/auth/tokens/${id}`, '{}');
    expect([client.closed?.code, scene.admin.closed?.code].filter(Boolean)).toEqual([4401]);
  });
});

describe('the bootstrap token', () => {
  it('makes the first token of an admin, and does nothing else (attack 34)', async () => {
    const { token: text, secret } = oneTimeSecret(Number.MAX_SAFE_INTEGER);
    const scene = await startCore({ auth: { bootstrap: () => secret } });
    const client = RawClient.as(scene.core, text);
    client.send({ type: 'get', id: 1, path: '/a' });
    client.send({ type: 'createToken', id: 2, name: 'weak', roles: [], expiresAt: null });
    client.send({ type: 'createToken', id: 3, name: 'root', roles: ['admin'], expiresAt: null });
    await scene.settle();
    client.send({ type: 'createToken', id: 4, name: 'again', roles: ['admin'], expiresAt: null });
    await scene.settle();
    expect(
      client.received.map((m) => ('id' in m ? [m.id, m.type === 'error' ? m.code : m.type] : m)),
    ).toEqual([
      ...[
        [1, 'forbidden'],
        [2, 'forbidden'],
        [3, 'tokenMade'],
        [4, 'forbidden'],
      ],
    ]);
  });

  it('makes no first admin who may do nothing yet: it would be of no use any more', async () => {
    const { token: text, secret } = oneTimeSecret(Number.MAX_SAFE_INTEGER);
    const scene = await startCore({ auth: { bootstrap: () => secret } });
    const client = RawClient.as(scene.core, text);
    const first = { type: 'createToken', name: 'root', expiresAt: null } as const;
    client.send({ ...first, id: 1, roles: ['admin'], notBefore: scene.clock.now() + 1 });
    client.send({ ...first, id: 2, roles: ['admin'] });
    await scene.settle();
    expect(client.received).toMatchObject([
      { type: 'error', id: 1, code: 'forbidden' },
      { type: 'tokenMade', id: 2 },
    ]);
  });

  it('is won by exactly one of fifty who use it at once (attack 34)', async () => {
    const { token: text, secret } = oneTimeSecret(Number.MAX_SAFE_INTEGER);
    const scene = await startCore({ auth: { bootstrap: () => secret } });
    const clients = Array.from({ length: 50 }, () => RawClient.as(scene.core, text));
    for (const [i, client] of clients.entries())
      client.send({
        type: 'createToken',
        id: 1,
        name: `root${i}`,
        roles: ['admin'],
        expiresAt: null,
      });
    await scene.settle();
    const replies = clients.flatMap(({ received }) => received);
    expect(replies.filter(({ type }) => type === 'tokenMade')).toHaveLength(1);
    expect(replies.filter((m) => m.type === 'error' && m.code === 'forbidden')).toHaveLength(49);
  });

  it('is of no use after its hour (attack 34)', async () => {
    const { token: text, secret } = oneTimeSecret(Number.MAX_SAFE_INTEGER);
    let now: typeof secret | undefined = secret;
    const scene = await startCore({ auth: { bootstrap: () => now } });
    now = undefined;
    const client = new RawClient(scene.core);
    client.send({ type: 'hello', version: 1, token: text });
    expect(client.closed?.code).toBe(4401);
  });
});

describe('secrets (attack 20)', () => {
  it('are in no log, error, entry or frame but the one that shows them', async () => {
    const scene = await startGuarded();
    const canary = await scene.tokenOf('canary', 'admin');
    const secret = canary.slice(17);
    scene.admin.received.length = 0;
    const client = RawClient.as(scene.core, canary);
    client.send({ type: 'whoami', id: 1 });
    client.send({ type: 'renew', id: 2, token: canary });
    client.send({ type: 'get', id: 3, path: canary });
    client.sendText(`{"type":"hello","version":1,"token":"${canary}"}`);
    new RawClient(scene.core).sendText(`{"type":"get","token":"${canary}"}`);
    await scene.settle();
    const kept = scene.engine.reads.scanTexts({
      ...{ subtree: '/.confer', at: scene.engine.reads.revision },
    });
    const everything = JSON.stringify([
      scene.said,
      scene.admin.received,
      client.received.filter((m) => m.type !== 'error'),
      [...kept],
      scene.core.counters(),
      scene.core.status(),
    ]);
    expect(everything).not.toContain(secret);
    expect(everything).toContain('canary');
  });
});
