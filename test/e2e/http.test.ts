import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect as connectTcp } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '@confer/client';
import { administrationOf } from '@confer/client/admin';
import { createServer, newTokenText, type Server } from '@confer/server';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { TRANSPORTS } from '../support/transports.ts';

const SOON = { timeout: 10_000, interval: 10 };

/** What of the document a program goes by that asks every route. */
const operation = z.object({ security: z.array(z.record(z.string(), z.unknown())) });
const openApi = z.object({ paths: z.record(z.string(), z.record(z.string(), operation)) });

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

/** Sends bytes as they are, and returns all that came until the other side closed. */
function exchange(port: number, ...pieces: readonly (string | Buffer)[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connectTcp({ host: '127.0.0.1', port });
    let received = '';
    socket.setEncoding('latin1').on('data', (text: string) => {
      received += text;
    });
    socket.on('error', () => {});
    socket.setTimeout(15_000, () => reject(new Error(`it does not close: ${received}`)));
    socket.on('close', () => resolve(received));
    for (const piece of pieces) socket.write(piece);
  });
}

describe.each(TRANSPORTS)('HTTP over %s, where everybody is asked who he is,', (transport) => {
  const directory = mkdtempSync(join(tmpdir(), 'confer-http-'));
  const root = newTokenText();
  const said: string[] = [];
  let server: Server;
  let app: string;
  let nobody: string;

  beforeAll(async () => {
    const bootstrapTokenFile = join(directory, 'own.token');
    writeFileSync(bootstrapTokenFile, root, { mode: 0o600 });
    server = await createServer({
      ...{ engine: 'lmdb', dataDirectory: join(directory, 'data'), port: 0, transport },
      ...{ auth: 'on', bootstrapTokenFile },
      log: (level, message, fields) => said.push(`${level} ${message} ${JSON.stringify(fields)}`),
    });
    const client = connect(server.url, { token: root });
    const admin = administrationOf(client);
    await admin.roles.set('app', { allow: [{ verbs: ['read', 'write'], on: '/app' }] });
    const tokenOf = async (name: string, ...roles: string[]) =>
      (await admin.tokens.create({ name, roles, expiresAt: null })).token;
    [app, nobody] = [await tokenOf('app', 'app'), await tokenOf('nobody')];
    await client.set('/app/port', '8080');
    await client.set('/secret', 'canary value');
    await client.close();
  });

  afterAll(async () => {
    await server.close();
    rmSync(directory, { recursive: true, force: true });
  });

  const ask = (target: string, init: RequestInit = {}, token = app) =>
    fetch(`${server.url}${target}`, { ...init, headers: { ...bearer(token), ...init.headers } });

  const audit = () =>
    readdirSync(join(directory, 'data/audit'))
      .map((file) => readFileSync(join(directory, 'data/audit', file), 'utf8'))
      .join('');

  /** One request, written by hand, of which the connection is to end. */
  const raw = (line: string, ...lines: readonly string[]) => {
    const head = [line, 'Host: 127.0.0.1', `Authorization: Bearer ${app}`, 'Connection: close'];
    return exchange(server.port, `${[...head, ...lines].join('\r\n')}\r\n\r\n`);
  };

  it('every route that is listed is closed to strangers, and to tokens without a grant (attack 2)', async () => {
    const { paths } = openApi.parse(await (await fetch(`${server.url}/v1/openapi.json`)).json());
    const routes = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { security }]) => ({
        target: path.replace('{path}', 'secret'),
        init: {
          method: method.toUpperCase(),
          headers: { 'content-type': 'application/json' },
          ...(/put|post/.test(method) && {
            body: '{"operations":[{"type":"put","path":"/secret","value":""}]}',
          }),
        },
        isOpen: security.every((one) => Object.keys(one).length === 0),
      })),
    );
    expect(routes.filter(({ isOpen }) => !isOpen).length).toBeGreaterThanOrEqual(11);
    const own = ['/v1/whoami', '/v1/status'];
    for (const { target, init, isOpen } of routes) {
      const stranger = await fetch(`${server.url}${target}`, init);
      const guest = await ask(target, init, nobody);
      const expected = isOpen ? [200, 200] : [401, own.includes(target) ? 200 : 403];
      expect([target, stranger.status, guest.status]).toEqual([target, ...expected]);
      for (const answer of [stranger, guest])
        expect(await answer.text()).not.toMatch(/canary|"entries":\d/);
    }
    expect(await (await ask('/v1/kv/secret', {}, root)).text()).toBe('canary value');
  });

  it('no page of a stranger writes or asks, with a token or without (attacks 22, 24)', async () => {
    for (const headers of [{}, bearer(app)])
      for (const origin of ['https://evil.example', 'null', 'http://127.0.0.1.evil.example']) {
        const init = { method: 'PUT', body: 'x', headers: { ...headers, origin } };
        expect((await fetch(`${server.url}/v1/kv/app/port`, init)).status).toBe(403);
      }
    const preflight = await fetch(`${server.url}/v1/kv/app/port`, {
      method: 'OPTIONS',
      headers: { 'access-control-request-method': 'PUT' },
    });
    expect(preflight.status).toBe(204);
    const names = [...preflight.headers.keys()];
    expect(names.filter((name) => name.startsWith('access-control'))).toEqual([]);
    const body = '{"operations":[{"type":"put","path":"/app/port","value":"x"}]}';
    const posted = await ask('/v1/commit', { method: 'POST', body });
    expect(posted.status).toBe(415);
    expect(await (await ask('/v1/kv/app/port')).text()).toBe('8080');
  });

  it('a token in an address is refused, and is nowhere (attack 21)', async () => {
    expect((await fetch(`${server.url}/v1/kv/app/port?token=${app}`)).status).toBe(400);
    expect((await fetch(`${server.url}/v1/kv/app/port?access_token=${app}`)).status).toBe(400);
  });

  it('line breaks of others end no line and no header (attack 26)', async () => {
    const broken = encodeURIComponent('why\r\nSet-Cookie: a=b\r\n\r\n{"event":"commit"}\n');
    const answer = await ask(`/v1/kv/app/note?note=${broken}`, { method: 'PUT', body: 'x' });
    expect(answer.status).toBe(200);
    expect(answer.headers.has('set-cookie')).toBe(false);
    const path = encodeURIComponent('a\r\nSet-Cookie: a=b');
    const refused = await ask(`/v1/kv/app/${path}`);
    expect(refused.status).toBe(400);
    expect(refused.headers.has('set-cookie')).toBe(false);
    await vi.waitFor(() => expect(audit()).toContain('why'), SOON);
    for (const line of audit().split('\n').filter(Boolean)) expect(line).toMatch(/^\{.*\}$/);
  });

  it('nobody is somebody else, or elsewhere, by what he says of himself (attacks 27, 28)', async () => {
    const headers = {
      ...{ 'x-forwarded-for': '6.6.6.6', forwarded: 'for=6.6.6.6', 'x-user': 'root' },
      ...{ serveridentity: 'security', 'user-agent': 'Nacos-Server' },
    };
    expect(await (await ask('/v1/whoami', { headers })).json()).toMatchObject({ principal: 'app' });
    expect((await fetch(`${server.url}/v1/whoami`, { headers })).status).toBe(401);
    const write = await ask('/v1/kv/app/from', { method: 'PUT', body: '1', headers });
    expect(write.status).toBe(200);
    await vi.waitFor(() => expect(audit()).toContain('/app/from'), SOON);
    expect(audit()).toContain('"address":"127.0.0.1"');
    expect(audit()).not.toContain('6.6.6.6');
  });

  it('what is too large is refused before it has come, and its connection ends (attack 29)', async () => {
    const before = process.memoryUsage().rss;
    const announced = `PUT /v1/kv/app/big HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${app}\r\n`;
    const large = await exchange(server.port, `${announced}Content-Length: 1073741824\r\n\r\n`);
    expect(large).toMatch(/^HTTP\/1\.1 413 /);
    expect(large).toContain('"code":"too_large"');
    const endless = await exchange(
      server.port,
      `${announced}Transfer-Encoding: chunked\r\n\r\n`,
      `40000\r\n${'x'.repeat(0x40000)}\r\n`,
    );
    expect(endless).toMatch(/^HTTP\/1\.1 411 /);
    expect(await raw('GET /v1/status HTTP/1.1', `X-Long: ${'x'.repeat(65_536)}`)).not.toMatch(
      / 200 /,
    );
    expect(process.memoryUsage().rss - before).toBeLessThan(128 * 1024 * 1024);
    expect((await ask('/v1/kv/app/big')).status).toBe(404);
  });

  it.each([
    '/v1/kv/app/%2e%2e/secret',
    '/v1/kv/app/../secret',
    '/v1/kv/app%2fport',
    '/v1/kv/app%2Fport',
    '/v1/kv/app/a%00',
    '/v1/kv/app/%c0%ae%c0%ae/secret',
    '/v1/kv/app//port',
    '/v1/kv//secret',
    '/v1/kv/app/port/',
    '/v1/kv/app\\port',
    '/v1/kv/app/\u00e9',
    '/v1/list/app/',
  ])('%s is refused, whatever libraries make of it (attack 30)', async (target) => {
    const answer = await raw(`GET ${target} HTTP/1.1`);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).not.toContain('canary');
  });

  it('a path is judged as what it is, decoded once (attack 30)', async () => {
    const statusOf = async (target: string) =>
      Number((await raw(`GET ${target} HTTP/1.1`)).slice(9, 12));
    expect(await statusOf('/v1/kv/%61pp/port')).toBe(200);
    expect(await statusOf('/v1/kv/app/..%252fsecret')).toBe(404);
    expect(await statusOf('/v1/kv/app%252f..')).toBe(403);
    expect(await statusOf('/v1/%6bv/app/port')).toBe(404);
  });

  it('answers many at once over connections that live on', async () => {
    const answers = await Promise.all(
      Array.from({ length: 100 }, async (_, i) => {
        const put = await ask(`/v1/kv/app/many/${i}`, { method: 'PUT', body: `${i}` });
        const got = await ask(`/v1/kv/app/many/${i}`);
        return [put.status, got.status, await got.text()];
      }),
    );
    expect(answers).toEqual(answers.map((_, i) => [200, 200, `${i}`]));
    const lines = await ask('/v1/list/app/many', { headers: { accept: 'application/x-ndjson' } });
    expect((await lines.text()).trim().split('\n')).toHaveLength(100);
  });

  it('no token or value is in the log, the audit, the counters or an answer (attack 20)', async () => {
    const canary = `${app.slice(0, -1)}${app.endsWith('x') ? 'y' : 'x'}`;
    const asked = await Promise.all([
      ask('/v1/kv/secret'),
      ask('/v1/kv/app/port', {}, canary),
      ask('/v1/whoami'),
      ask('/metrics', {}, root),
      ask('/v1/nothing'),
    ]);
    const answers = await Promise.all(asked.map((answer) => answer.text()));
    const all = [...said, audit(), JSON.stringify(server.counters()), ...answers].join('\n');
    for (const secret of [app, canary, root, nobody]) expect(all).not.toContain(secret.slice(17));
    expect(all).not.toContain('canary value');
    expect(all).toContain('"outcome":"denied"');
  });
});
