import { generateKeyPairSync, sign } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '@confer/client';
import { administrationOf } from '@confer/client/admin';
import { createServer, newTokenText } from '@confer/server';
import { expect, onTestFinished, test, vi } from 'vitest';

const SOON = { timeout: 15_000, interval: 20 };
const { publicKey, privateKey } = generateKeyPairSync('ed25519');

/** A ticket as an application's own backend signs it. */
function ticket(user: string, lifeMs: number, more: object = {}): string {
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const now = Date.now();
  const claims = {
    ...{ iss: 'https://shop.example', aud: 'confer', sub: user },
    ...{ iat: now / 1_000 - 1, exp: (now + lifeMs) / 1_000, ...more },
  };
  const text = `${encode({ alg: 'EdDSA', typ: 'JWT' })}.${encode(claims)}`;
  return `${text}.${sign(null, Buffer.from(text), privateKey).toString('base64url')}`;
}

async function start(more: { readonly heartbeatMs?: number } = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'confer-signed-'));
  const root = newTokenText();
  const issuer = {
    ...{ name: 'shop', issuer: 'https://shop.example', audience: 'confer', leewaySeconds: 0 },
    ...{ publicKeys: [publicKey.export({ type: 'spki', format: 'pem' })], algorithms: ['EdDSA'] },
    ...{ roles: ['browser'], ceiling: 'ceiling' },
  };
  const issuersFile = join(directory, 'issuers.json');
  const bootstrapTokenFile = join(directory, 'own.token');
  writeFileSync(issuersFile, JSON.stringify({ issuers: [issuer] }));
  writeFileSync(bootstrapTokenFile, root, { mode: 0o600 });
  const said: string[] = [];
  const server = await createServer({
    ...{ engine: 'lmdb', dataDirectory: join(directory, 'data'), port: 0, auth: 'on' },
    ...{ issuersFile, bootstrapTokenFile, auditReads: ['/shop/public'] },
    log: (level, message, fields) => said.push(`${level} ${message} ${JSON.stringify(fields)}`),
    ...more,
  });
  const client = connect(server.url, { token: root });
  onTestFinished(async () => {
    await client.close();
    await server.close();
    rmSync(directory, { recursive: true, force: true });
  });
  const admin = administrationOf(client);
  await admin.roles.set('browser', { allow: [{ verbs: ['read', 'write'], on: '/shop' }] });
  await admin.roles.set('ceiling', { allow: [{ verbs: ['read', 'write'], on: '/' }] });
  await client.set('/shop/public/price', '10');
  await client.set('/shop/other', '1');
  const audit = () =>
    readdirSync(join(directory, 'data/audit'))
      .map((file) => readFileSync(join(directory, 'data/audit', file), 'utf8'))
      .join('');
  return { server, client, admin, root, said, directory, audit };
}

function connectAs(url: string, token: string | (() => string)) {
  const client = connect(url, { token });
  onTestFinished(() => client.close());
  return client;
}

test('W11 a signed ticket gives what its roles, its ceiling and itself allow together, and follows the roles', async () => {
  const { server, client: root, admin } = await start();
  const narrowed = connectAs(
    server.url,
    ticket('ann', 60_000, { confer: { read: ['/shop/public'] } }),
  );
  const mirror = narrowed.mirror('/shop/public');
  await mirror.ready();
  expect(mirror.value('/shop/public/price')).toBe('10');
  await expect(narrowed.get('/shop/other')).rejects.toMatchObject({ code: 'forbidden' });
  await expect(narrowed.set('/shop/public/price', '1')).rejects.toMatchObject({
    code: 'forbidden',
  });
  const whole = connectAs(server.url, ticket('bob', 60_000));
  await whole.set('/shop/mine', '1');
  expect((await root.get('/shop/mine'))?.updatedBy).toBe('shop:bob');
  await admin.roles.set('ceiling', { allow: [{ verbs: ['read'], on: '/shop/public' }] });
  await expect(whole.set('/shop/mine', '2')).rejects.toMatchObject({ code: 'forbidden' });
  expect(mirror.status).toBe('live');
  await admin.roles.set('browser', { allow: [] });
  await vi.waitFor(() => expect(mirror.status).toBe('failed'), SOON);
});

test('a ticket is renewed in place before it ends, and one that is not ends its connection (attack 31)', async () => {
  const { server } = await start({ heartbeatMs: 500 });
  let asked = 0;
  const client = connectAs(server.url, () => {
    asked++;
    return ticket('ann', 3_000);
  });
  const lost: string[] = [];
  client.on('status', ({ kind }) => lost.push(kind));
  await client.mirror('/shop/public').ready();
  await vi.waitFor(() => expect(asked).toBeGreaterThanOrEqual(3), SOON);
  expect(lost.filter((kind) => kind === 'waiting')).toEqual([]);
  const short = connectAs(server.url, ticket('bob', 1_500));
  await short.mirror('/shop/public').ready();
  await vi.waitFor(() => expect(short.status).toMatchObject({ refused: 'token_expired' }), SOON);
});

test('no secret is in the audit, the log or an entry, and who read what is sensitive is (attack 20)', async () => {
  const { server, client, admin, root, said, audit } = await start();
  const canary = ticket('ann', 60_000);
  const { token } = await admin.tokens.create({
    name: 'canary',
    roles: ['browser'],
    expiresAt: null,
  });
  for (const each of [canary, token]) {
    const reader = connectAs(server.url, each);
    await reader.get('/shop/public/price');
    await expect(reader.get('/elsewhere')).rejects.toMatchObject({ code: 'forbidden' });
  }
  const stranger = connectAs(server.url, `${canary}x`);
  await vi.waitFor(
    () => expect(stranger.status).toMatchObject({ refused: 'unauthenticated' }),
    SOON,
  );
  await vi.waitFor(() => expect(audit()).toContain('"principal":"canary"'), SOON);
  await vi.waitFor(() => expect(audit().match(/"event":"read"/g)).toHaveLength(2), SOON);
  const own = await client.list('/.confer');
  const everything = [
    ...said,
    audit(),
    JSON.stringify(own),
    JSON.stringify(server.counters()),
  ].join();
  for (const secret of [canary.split('.')[2] ?? '', token.slice(17), root.slice(17)])
    expect(everything).not.toContain(secret);
  expect(audit()).toContain('"outcome":"denied"');
  expect(audit()).not.toContain('"value"');
});
