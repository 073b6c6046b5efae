import { generateKeyPairSync, sign } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '@confer/client';
import { createServer, newTokenText, type Server } from '@confer/server';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';

const SOON = { timeout: 10_000, interval: 20 };
const directory = mkdtempSync(join(tmpdir(), 'confer-reload-'));
const issuersFile = join(directory, 'issuers.json');
const keys = { one: generateKeyPairSync('ed25519'), two: generateKeyPairSync('ed25519') };
let server: Server;

/** Has the tokens believed that this key signs, and no others. */
function believe(name: keyof typeof keys): void {
  const pem = keys[name].publicKey.export({ type: 'spki', format: 'pem' });
  const issuer = {
    ...{ name, issuer: `https://${name}.example`, audience: 'confer' },
    ...{ publicKeys: [pem], algorithms: ['EdDSA'], roles: ['nobody'], ceiling: 'nobody' },
  };
  writeFileSync(issuersFile, JSON.stringify({ issuers: [issuer] }));
}

function ticket(name: keyof typeof keys): string {
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const seconds = Math.floor(Date.now() / 1_000);
  const claims = {
    iss: `https://${name}.example`,
    aud: 'confer',
    sub: 'ann',
    iat: seconds,
    exp: seconds + 60,
  };
  const text = `${encode({ alg: 'EdDSA', typ: 'JWT' })}.${encode(claims)}`;
  return `${text}.${sign(null, Buffer.from(text), keys[name].privateKey).toString('base64url')}`;
}

/** Who a token makes of its bearer, or why it makes nobody. */
async function whoIs(token: string): Promise<string> {
  const client = connect(server.url, { token });
  onTestFinished(() => client.close());
  return vi.waitFor(() => {
    const { status } = client;
    if (status.kind === 'open') return 'known';
    if (status.kind === 'waiting' && status.refused !== undefined) return status.refused;
    throw new Error(`nothing came of it yet: ${status.kind}`);
  }, SOON);
}

async function lets(origin: string): Promise<boolean> {
  return (await fetch(`${server.url}/v1`, { headers: { origin } })).status !== 403;
}

beforeAll(async () => {
  const bootstrapTokenFile = join(directory, 'root.token');
  writeFileSync(bootstrapTokenFile, newTokenText(), { mode: 0o600 });
  believe('one');
  server = await createServer({
    ...{ engine: 'memory', port: 0, auth: 'on', issuersFile, bootstrapTokenFile },
    allowOrigins: ['https://one.example'],
  });
});
afterAll(async () => {
  await server.close();
  rmSync(directory, { recursive: true });
});

test('a reload believes the issuers that the file names now, and no others', async () => {
  expect([await whoIs(ticket('one')), await whoIs(ticket('two'))]).toEqual([
    'known',
    'unauthenticated',
  ]);
  believe('two');
  expect(await whoIs(ticket('two'))).toBe('unauthenticated');
  await server.reload();
  expect([await whoIs(ticket('one')), await whoIs(ticket('two'))]).toEqual([
    'unauthenticated',
    'known',
  ]);
});

test('what a reload leaves out stays as the last one said', async () => {
  await server.reload({ allowOrigins: ['https://two.example'] });
  await server.reload({ retention: { commits: 5 } });
  expect([await lets('https://one.example'), await lets('https://two.example')]).toEqual([
    false,
    true,
  ]);
});

test.each([
  ['an origin', () => ({ allowOrigins: ['nowhere'] })],
  ['a limit', () => ({ allowOrigins: ['https://three.example'], retention: { commits: -1 } })],
  [
    'the file of issuers',
    () => {
      writeFileSync(issuersFile, '{');
      return { allowOrigins: ['https://three.example'] };
    },
  ],
])('a reload that is wrong about %s changes nothing', async (_, changes) => {
  await server.reload({ allowOrigins: ['https://two.example'] });
  await expect(server.reload(changes())).rejects.toMatchObject({ name: 'StartError' });
  expect([await lets('https://two.example'), await lets('https://three.example')]).toEqual([
    true,
    false,
  ]);
  expect(await whoIs(ticket('two'))).toBe('known');
});

test('a reload must not open the server to strangers', async () => {
  const behind = await createServer({
    ...{ engine: 'memory', host: '0.0.0.0', port: 0, auth: 'on', trustedProxies: ['127.0.0.1'] },
    bootstrapTokenFile: join(directory, 'root.token'),
  });
  onTestFinished(() => behind.close());
  await expect(behind.reload({ trustedProxies: [] })).rejects.toMatchObject({ kind: 'refused' });
});
