import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect, fileSnapshot } from '@confer/client';
import { administrationOf } from '@confer/client/admin';
import { createAuthority, createServer, issueCertificate, newTokenText } from '@confer/server';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { WebSocketServer } from 'ws';
import { z } from 'zod';
import { freePort } from '../support/process.ts';
import { scratchDirectory } from '../support/scratch.ts';

const Pool = z.object({ pool: z.object({ max: z.number() }) });
const DAY_MS = 24 * 60 * 60_000;
const ALL = ['server', 'snapshot', 'bootstrap', 'defaults'] as const;

const scratch = scratchDirectory();

/** A server that asks who everybody is, with a value, and a token that it takes. */
async function guarded(name: string) {
  const token = newTokenText();
  const file = join(scratch.path, `${name}.token`);
  writeFileSync(file, token, { mode: 0o600 });
  const server = await createServer({
    ...{ engine: 'memory', port: 0, auth: 'on', bootstrapTokenFile: file },
  });
  onTestFinished(() => server.close());
  const client = connect(server.url, { token });
  onTestFinished(() => client.close());
  await client.set('/svc/pool/max', '10');
  return { url: server.url, token, client };
}

/** The directory with what a program kept that was let in. */
async function kept({ url, token }: { readonly url: string; readonly token: string }) {
  const directoryOfIt = join(scratch.path, 'kept');
  const client = connect(url, { token, snapshot: fileSnapshot(directoryOfIt) });
  await client.mirror('/svc').ready();
  await client.close();
  return directoryOfIt;
}

/** What a program is told that has what was kept, and would take anything. */
async function told(urls: readonly string[], token: string, keptIn: string, timeoutMs = 10_000) {
  const client = connect(urls, {
    ...{ token, snapshot: fileSnapshot(keptIn), retry: { initialMs: 20, maxMs: 200 } },
  });
  onTestFinished(() => client.close());
  const live = client.config('/svc', Pool, { defaults: { pool: { max: 1 } } });
  const outcome = (promise: Promise<{ readonly source: string }>) =>
    promise.then(
      ({ source }) => source,
      (error) => String(error.code),
    );
  return await Promise.all([
    outcome(live.ready({ accept: ALL, timeoutMs })),
    outcome(client.mirror('/svc').ready({ accept: ['server', 'snapshot'], timeoutMs })),
  ]);
}

const nobody = async () => `http://127.0.0.1:${await freePort()}`;

describe('with what was kept at hand, a program whose servers', () => {
  test('are all down is ready with what was kept', async () => {
    const server = await guarded('a');
    const keptIn = await kept(server);
    const urls = [await nobody(), await nobody()];
    expect(await told(urls, server.token, keptIn)).toEqual(['snapshot', 'snapshot']);
  });

  test('partly refuse it and are partly down is told that it is refused, whichever comes first (W11)', async () => {
    const server = await guarded('a');
    const keptIn = await kept(server);
    for (const urls of [
      [server.url, await nobody()],
      [await nobody(), server.url],
      [await nobody(), server.url, await nobody()],
    ])
      expect(await told(urls, newTokenText(), keptIn)).toEqual([
        'unauthenticated',
        'unauthenticated',
      ]);
  });

  test('refuse it but for one is ready with what that one has, whichever comes first', async () => {
    const [first, second] = [await guarded('a'), await guarded('b')];
    const keptIn = await kept(second);
    for (const urls of [
      [first.url, second.url],
      [second.url, first.url],
      [await nobody(), first.url, second.url],
    ])
      expect(await told(urls, second.token, keptIn)).toEqual(['server', 'server']);
  });

  test('speak another version is told so', async () => {
    const server = await guarded('a');
    const keptIn = await kept(server);
    const port = await freePort();
    const other = new WebSocketServer({ port, host: '127.0.0.1' });
    onTestFinished(() => other.close());
    other.on('connection', (socket) => {
      socket.on('message', () => socket.close(4406, 'this server speaks version 9'));
    });
    const code = 'version_unsupported';
    expect(await told([`http://127.0.0.1:${port}`], server.token, keptIn)).toEqual([code, code]);
  });

  test('are not those that it trusts is told so', async () => {
    const keptIn = await kept(await guarded('a'));
    const now = Date.now();
    const validity = { from: now - DAY_MS, to: now + DAY_MS };
    const about = { commonName: 'x', names: ['127.0.0.1'], usage: 'server' } as const;
    const authority = createAuthority('nobody knows', validity);
    const { cert, key } = issueCertificate(authority, { ...about, ...validity });
    const [certFile, keyFile] = [join(scratch.path, 'cert.pem'), join(scratch.path, 'key.pem')];
    writeFileSync(certFile, cert);
    writeFileSync(keyFile, key, { mode: 0o600 });
    const server = await createServer({
      ...{ engine: 'memory', port: 0, tls: { certFile, keyFile } },
    });
    onTestFinished(() => server.close());
    expect(await told([server.url], newTokenText(), keptIn)).toEqual(['tls_failed', 'tls_failed']);
  });
});

describe('with nothing kept, a program that is refused', () => {
  test('is told so at once where it would take something else, and else when its time is over', async () => {
    const server = await guarded('a');
    const client = connect(server.url, { token: newTokenText() });
    onTestFinished(() => client.close());
    const live = client.config('/svc', Pool);
    const refused = { code: 'unauthenticated' };
    await expect(live.ready({ accept: ALL, timeoutMs: 60_000 })).rejects.toMatchObject(refused);
    await expect(live.ready({ timeoutMs: 100 })).rejects.toMatchObject(refused);
    const mirror = client.mirror('/svc');
    const options = { accept: ['server', 'snapshot'], timeoutMs: 60_000 } as const;
    await expect(mirror.ready(options)).rejects.toMatchObject(refused);
  });
});

test('a program whose token is taken away later keeps what it has, and its successor is refused (W11)', async () => {
  const server = await guarded('a');
  const { tokens, roles } = administrationOf(server.client);
  await roles.set('reader', { allow: [{ verbs: ['read'], on: '/svc' }] });
  const { token } = await tokens.create({ name: 'svc', roles: ['reader'], expiresAt: null });
  const keptIn = await kept({ ...server, token });
  const client = connect(server.url, {
    ...{ token, snapshot: fileSnapshot(keptIn), retry: { initialMs: 20, maxMs: 200 } },
  });
  onTestFinished(() => client.close());
  const live = client.config('/svc', Pool);
  await live.ready();
  await tokens.update('svc', { disabled: true });
  await vi.waitFor(() => expect(live.status).toBe('stale'), { timeout: 5_000, interval: 10 });
  expect(live.current.pool.max).toBe(10);
  expect(await live.ready({ accept: ALL })).toMatchObject({ source: 'server' });
  expect(await told([server.url], token, keptIn)).toEqual(['unauthenticated', 'unauthenticated']);
});
