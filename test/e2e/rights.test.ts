import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ClientStatus, connect } from '@confer/client';
import { administrationOf } from '@confer/client/admin';
import { createServer, newTokenText } from '@confer/server';
import { expect, onTestFinished, test, vi } from 'vitest';

const SOON = { timeout: 15_000, interval: 20 };

/** A real server that asks everybody who they are, its admin, and a role that reads /app and /other. */
async function startGuarded() {
  const directory = mkdtempSync(join(tmpdir(), 'confer-rights-'));
  const token = newTokenText();
  const file = join(directory, 'own.token');
  writeFileSync(file, token, { mode: 0o600 });
  const server = await createServer({
    ...{ engine: 'memory', port: 0, auth: 'on', bootstrapTokenFile: file },
  });
  const client = connect(server.url, { token });
  onTestFinished(async () => {
    await client.close();
    await server.close();
    rmSync(directory, { recursive: true, force: true });
  });
  const admin = administrationOf(client);
  await admin.roles.set('reader', { allow: [{ verbs: ['read'], on: '/' }] });
  await client.set('/app/port', '8080');
  await client.set('/other/port', '9090');
  return { server, client, admin };
}

function connectAs(url: string, token: string | (() => Promise<string>)) {
  const client = connect(url, { token });
  onTestFinished(() => client.close());
  const kinds: ClientStatus['kind'][] = [];
  client.on('status', ({ kind }) => kinds.push(kind));
  return { client, kinds };
}

test('W8 a token that expires is renewed in place: the connection and its mirrors go on', async () => {
  const { server, client: root, admin } = await startGuarded();
  const lifeMs = 3_000;
  const { token, info } = await admin.tokens.create({
    ...{ name: 'svc', roles: ['reader'], expiresAt: Date.now() + lifeMs },
  });
  let asked = 0;
  const { client, kinds } = connectAs(server.url, async () => {
    asked++;
    if (asked === 1) return token;
    // Without an overlap, the connection of the old secret would end with it.
    const overlapMs = 10_000;
    const next = await admin.tokens.rotate('svc', { overlapMs, expiresAt: Date.now() + lifeMs });
    return next.token;
  });
  const mirror = client.mirror('/app');
  const moves: string[] = [];
  await mirror.ready();
  mirror.on('status', ({ to }) => moves.push(to));
  await vi.waitFor(() => expect(asked).toBeGreaterThanOrEqual(3), SOON);
  await vi.waitFor(async () => {
    const { expiresAt = 0 } = await administrationOf(client).whoami();
    expect(expiresAt).toBeGreaterThan((info.expiresAt ?? 0) + lifeMs);
  }, SOON);
  expect(Date.now()).toBeGreaterThan(info.expiresAt ?? 0);
  await root.set('/app/port', '8081');
  await vi.waitFor(() => expect(mirror.value('/app/port')).toBe('8081'), SOON);
  expect(kinds).toEqual(['open']);
  expect(moves).toEqual([]);
});

test('W8 a token that expires and is not renewed ends the connection with its reason', async () => {
  const { server, admin } = await startGuarded();
  const { token } = await admin.tokens.create({
    ...{ name: 'svc', roles: ['reader'], expiresAt: Date.now() + 1_500 },
  });
  const { client } = connectAs(server.url, token);
  const mirror = client.mirror('/app');
  await mirror.ready();
  await vi.waitFor(
    () => expect(client.status).toMatchObject({ kind: 'waiting', refused: 'token_expired' }),
    SOON,
  );
  expect(mirror.value('/app/port')).toBe('8080');
  expect(mirror.staleSince).toEqual(expect.any(Number));
});

test('W11 a mirror whose right ends fails as forbidden, keeps what it showed, and is stale', async () => {
  const { server, client: root, admin } = await startGuarded();
  const { token } = await admin.tokens.create({ name: 'svc', roles: ['reader'], expiresAt: null });
  const { client, kinds } = connectAs(server.url, token);
  const mirror = client.mirror('/app');
  const other = client.mirror('/other');
  const watch = client.watch('/app');
  await Promise.all([mirror.ready(), other.ready(), watch.started()]);
  const changes = mirror.changes();
  const [nextChange, nextCommit] = [changes.next(), watch.next()];
  const outcomes = Promise.allSettled([nextChange, nextCommit]);
  expect(mirror.staleSince).toBeUndefined();
  const { revision } = await admin.roles.set('reader', {
    ...{ allow: [{ verbs: ['read'], on: '/other' }] },
  });
  for (const outcome of await outcomes)
    expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'forbidden' } });
  expect(mirror.status).toBe('failed');
  expect(mirror.value('/app/port')).toBe('8080');
  expect(mirror.staleSince).toEqual(expect.any(Number));
  await expect(mirror.waitFor(revision)).rejects.toMatchObject({ code: 'forbidden', path: '/app' });
  await root.set('/app/port', 'secret');
  await root.set('/other/port', '9091');
  await vi.waitFor(() => expect(other.value('/other/port')).toBe('9091'), SOON);
  expect(mirror.value('/app/port')).toBe('8080');
  expect(other.status).toBe('live');
  expect(kinds).toEqual(['open']);
  await expect(client.get('/app/port')).rejects.toMatchObject({ code: 'forbidden' });
});

test('W8 a client that nobody knows says in its status what to do, and gets in once it is known', async () => {
  const { server, admin } = await startGuarded();
  let token = newTokenText();
  const { client } = connectAs(server.url, async () => token);
  await vi.waitFor(
    () =>
      expect(client.status).toMatchObject({
        ...{ kind: 'waiting', refused: 'unauthenticated' },
        reason: expect.stringContaining('this server wants a token that it knows'),
      }),
    SOON,
  );
  ({ token } = await admin.tokens.create({ name: 'svc', roles: ['reader'], expiresAt: null }));
  const entry = await client.get('/app/port');
  expect(entry?.value).toBe('8080');
});
