import { describe, expect, test } from 'vitest';
import { flushPromises } from '../../../shared/src/test-support/virtual-clock.ts';
import { administrationOf } from '../admin.ts';
import type { Client } from '../api.ts';
import type { FakeServerSocket } from '../test-support/fake-network.ts';
import { startConnected } from '../test-support/scene.ts';

function startAdministered() {
  const scene = startConnected();
  return { ...scene, admin: administrationOf(scene.client) };
}

const info = (name: string) => ({
  ...{ id: `id-${name}`, name, roles: ['r'], createdAt: 1, createdBy: 'root', expiresAt: null },
});

function answerMade(server: FakeServerSocket, id: number) {
  server.say({ type: 'tokenMade', id, revision: 4, token: 'cfr_secret', info: info('ci') });
}

describe('the administration of a client', () => {
  test('asks who the connection acts for, and whether somebody may do something', async () => {
    const { admin, server } = startAdministered();
    const whoami = admin.whoami();
    const identity = { principal: 'ci', kind: 'token', roles: ['r'], allow: [], deny: [] } as const;
    const { id } = server.take('whoami');
    server.say({ type: 'identity', id, ...identity, roles: ['r'], allow: [], deny: [] });
    expect(await whoami).toEqual(identity);
    const check = admin.checkRight({ principal: 'ci', verb: 'read', path: '/shop' });
    const asked = server.take('checkRight');
    expect(asked).toMatchObject({ principal: 'ci', verb: 'read', path: '/shop' });
    server.say({ type: 'rightChecked', id: asked.id, allowed: false, rule: 'no role' });
    expect(await check).toEqual({ allowed: false, rule: 'no role' });
  });

  test('sets and removes roles, and lists all pages of them', async () => {
    const { admin, server } = startAdministered();
    const deny = [{ verbs: ['read'], on: '/shop/secrets' }] as const;
    const set = admin.roles.set('r', { deny, note: 'why' });
    const request = server.take('setRole');
    expect(request).toMatchObject({ name: 'r', allow: [], deny, note: 'why' });
    server.say({ type: 'authChanged', id: request.id, revision: 3 });
    expect(await set).toEqual({ revision: 3 });
    const removed = admin.roles.remove('r');
    server.say({ type: 'authChanged', id: server.take('removeRole').id, revision: 4 });
    expect(await removed).toEqual({ revision: 4 });

    const list = admin.roles.list();
    const role = (name: string) => ({ name, allow: [], deny: [] });
    const first = server.take('listRoles');
    expect(first).not.toHaveProperty('after');
    server.say({ type: 'roles', id: first.id, revision: 4, roles: [role('a')], next: 'a' });
    await flushPromises();
    const second = server.take('listRoles');
    expect(second.after).toBe('a');
    server.say({ type: 'roles', id: second.id, revision: 5, roles: [role('b')] });
    expect(await list).toEqual({ revision: 5, roles: [role('a'), role('b')] });
  });

  test('gives a list up whose pages lead nowhere, or never end', async () => {
    const { admin, server } = startAdministered();
    const list = admin.roles.list().catch((error: unknown) => error);
    for (let page = 0; page < 2; page++) {
      const { id } = server.take('listRoles');
      server.say({ type: 'roles', id, revision: 4, roles: [], next: 'a' });
      await flushPromises();
    }
    expect(await list).toMatchObject({ code: 'bad_message' });
    const all = admin.subscribers('/a').catch((error: unknown) => error);
    const items = Array.from({ length: 50_001 }, () => ({
      session: 's',
      path: '/a',
      reports: true,
    }));
    for (let page = 0; page < 5; page++) {
      const { id } = server.take('listSubscribers');
      server.say({ type: 'subscribers', id, revision: 4, items, next: `${page}` });
      await flushPromises();
    }
    expect(await all).toMatchObject({ code: 'bad_message' });
    expect(server.untaken).toEqual([]);
  });

  test('makes, changes, removes and lists tokens', async () => {
    const { admin, server } = startAdministered();
    const made = admin.tokens.create({ name: 'ci', roles: ['r'], expiresAt: null, notBefore: 5 });
    const request = server.take('createToken');
    expect(request).toMatchObject({ name: 'ci', roles: ['r'], expiresAt: null, notBefore: 5 });
    answerMade(server, request.id);
    expect(await made).toEqual({ revision: 4, token: 'cfr_secret', info: info('ci') });
    const update = admin.tokens.update('ci', { disabled: true });
    const change = server.take('updateToken');
    expect(change).toMatchObject({ token: 'ci', disabled: true });
    server.say({ type: 'authChanged', id: change.id, revision: 5 });
    expect(await update).toEqual({ revision: 5 });
    const removed = admin.tokens.remove('ci');
    server.say({ type: 'authChanged', id: server.take('removeToken').id, revision: 6 });
    expect(await removed).toEqual({ revision: 6 });
    const list = admin.tokens.list();
    server.say({
      ...{ type: 'tokens', id: server.take('listTokens').id, revision: 6, tokens: [info('ci')] },
    });
    expect(await list).toEqual({ revision: 6, tokens: [info('ci')] });
  });
});

describe('S4 a connection that is lost before the answer', () => {
  test.each([
    ['createToken', 'create'],
    ['rotateToken', 'rotate'],
  ] as const)('does not have a secret made twice by %s', async (type, verb) => {
    const { admin, server, network, clock } = startAdministered();
    const asked =
      verb === 'create'
        ? admin.tokens.create({ name: 'ci', roles: [], expiresAt: null })
        : admin.tokens.rotate('ci', { overlapMs: 5 });
    const outcome = expect(asked).rejects.toMatchObject({
      code: 'outcome_unknown',
      message: expect.stringContaining('list the tokens'),
    });
    server.take(type);
    server.end();
    await outcome;
    await clock.advance(1_000);
    network.last.welcome();
    expect(network.last.untaken).toEqual(['hello']);
  });

  test('has the others sent again, and a secret made once there is a connection', async () => {
    const { admin, server, network, clock } = startAdministered();
    const disabled = admin.tokens.update('ci', { disabled: true });
    server.take('updateToken');
    server.end();
    const made = admin.tokens.create({ name: 'late', roles: [], expiresAt: null });
    await clock.advance(1_000);
    network.last.welcome();
    network.last.say({
      ...{ type: 'authChanged', id: network.last.take('updateToken').id, revision: 5 },
    });
    expect(await disabled).toEqual({ revision: 5 });
    expect(network.last.untaken).not.toContain('createToken');
    const { id } = network.last.take('whoami');
    network.last.say({
      ...{ type: 'identity', id, principal: 'root', kind: 'token', roles: [], allow: [], deny: [] },
    });
    await flushPromises();
    answerMade(network.last, network.last.take('createToken').id);
    expect(await made).toMatchObject({ token: 'cfr_secret' });
  });
});

describe('a wait for an answer about rights', () => {
  test('ends by its time, for all pages of a list together', async () => {
    const { admin, server, clock } = startAdministered();
    const list = admin.tokens.list({ timeoutMs: 100 });
    const outcome = expect(list).rejects.toMatchObject({ code: 'timeout' });
    await clock.advance(60);
    const { id } = server.take('listTokens');
    server.say({ type: 'tokens', id, revision: 1, tokens: [info('a')], next: 'a' });
    await flushPromises();
    await clock.advance(60);
    await outcome;
  });

  test('ends by its signal, also where it makes a secret', async () => {
    const { admin, server } = startAdministered();
    const token = { name: 'ci', roles: [], expiresAt: null };
    const stop = new AbortController();
    const { signal } = stop;
    const asked = [admin.whoami({ signal }), admin.tokens.create(token, { signal })];
    const outcomes = Promise.allSettled(asked);
    stop.abort();
    for (const outcome of await outcomes)
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'aborted' } });
    server.sent.length = 0;
    await expect(admin.tokens.create(token, { signal })).rejects.toMatchObject({ code: 'aborted' });
    expect(server.untaken).toEqual([]);
  });

  test('ends with the client, by the code closed or by what is not known', async () => {
    const { admin, client } = startAdministered();
    const asked = [admin.whoami(), admin.tokens.rotate('ci')];
    const outcomes = Promise.allSettled(asked);
    void client.close();
    expect(await outcomes).toMatchObject([
      { reason: { code: 'closed' } },
      { reason: { code: 'outcome_unknown' } },
    ]);
  });
});

describe('a wrong argument', () => {
  // The types refuse these; callers in JavaScript have no types.
  const wrong = JSON.parse('8080');
  const token = { name: 'ci', roles: ['r'], expiresAt: null };

  test.each<[string, string, (client: Client) => unknown]>([
    ['no path', 'invalid_path', (c) => admin(c).checkRight({ verb: 'read', path: 'shop' })],
    ['no verb', 'invalid_argument', (c) => admin(c).checkRight({ verb: wrong, path: '/' })],
    ['no grants', 'invalid_argument', (c) => admin(c).roles.set('r', wrong)],
    ['a grant of no path', 'invalid_path', (c) => admin(c).roles.set('r', granting('a'))],
    ['no role', 'invalid_argument', (c) => admin(c).roles.remove(wrong)],
    ['no name', 'invalid_argument', (c) => admin(c).tokens.create({ ...token, name: wrong })],
    [
      'roles that are none',
      'invalid_argument',
      (c) => admin(c).tokens.create({ ...token, roles: wrong }),
    ],
    [
      'no expiry',
      'invalid_argument',
      (c) => admin(c).tokens.create(JSON.parse('{"name":"ci","roles":[]}')),
    ],
    ['no overlap', 'invalid_argument', (c) => admin(c).tokens.rotate('ci', { overlapMs: -1 })],
    ['no changes', 'invalid_argument', (c) => admin(c).tokens.update('ci', wrong)],
    ['no time', 'invalid_argument', (c) => admin(c).tokens.list({ timeoutMs: -1 })],
  ])('that is %s is refused before it travels, with the code %s', async (_, code, call) => {
    const { client, server } = startConnected();
    await expect(call(client)).rejects.toMatchObject({ name: 'ConferError', code });
    expect(server.untaken).toEqual([]);
  });

  test('that is no client is refused at once', () => {
    expect(() => administrationOf(wrong)).toThrow(
      expect.objectContaining({ code: 'invalid_argument' }),
    );
  });
});

const admin = administrationOf;
const granting = (on: string) => ({ allow: [{ verbs: ['read'] as const, on }] });
