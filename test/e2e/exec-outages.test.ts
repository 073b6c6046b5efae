import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '@confer/client';
import { administrationOf } from '@confer/client/admin';
import { createServer, newTokenText } from '@confer/server';
import { afterEach, expect, it, onTestFinished } from 'vitest';
import { freePort, type Program, serve, withDirectory } from '../support/process.ts';
import { Execs, said, set, started, startedAs } from './exec-scene.ts';

const execs = new Execs();
const servers: Program[] = [];
afterEach(async () => {
  await execs.end();
  await Promise.all(servers.splice(0).map((program) => program.kill()));
});

async function serveAt(data: string, port: number) {
  const server = await serve(['--data', data], port);
  servers.push(server.program);
  return server;
}

const QUICK = ['/svc', '--debounce', '20ms:2s'];

it('confer exec starts its program once a server is there that was not', async () => {
  await withDirectory(async (directory) => {
    const port = await freePort();
    const program = execs.start(`http://127.0.0.1:${port}`, QUICK);
    await said(program, /no connection to \S+ yet .*; trying again\n/);
    const { url } = await serveAt(directory, port);
    await startedAs(program, 1);
    expect(program.stdout).toContain('port=undefined');
    await set(url, '/svc/http/port', '80');
    await startedAs(program, 2);
    expect(program.stderr.match(/trying again/g)).toHaveLength(1);
  });
});

it('a program goes on while its server is dead, which is said once, and is changed afterwards', async () => {
  await withDirectory(async (directory) => {
    const { program: server, url, port } = await serveAt(directory, await freePort());
    await set(url, '/svc/http/port', '80');
    const program = execs.start(url, QUICK);
    await startedAs(program, 1);
    await server.kill();
    await said(program, /connection to \S+ lost/);
    await serveAt(directory, port);
    await said(program, 'connected to');
    await set(url, '/svc/http/port', '81');
    await startedAs(program, 2);
    expect(program.stdout).toContain('started port=81');
    expect(program.stderr.match(/trying again/g)).toHaveLength(1);
    expect(program.stderr.match(/values changed/g)).toHaveLength(1);
  });
});

it('a program gets what an older copy of the data holds, once that is put back', async () => {
  await withDirectory(async (directory) => {
    const [data, copy] = [join(directory, 'data'), join(directory, 'copy')];
    const first = await serveAt(data, await freePort());
    await set(first.url, '/svc/http/port', '80');
    await first.program.kill('SIGTERM');
    cpSync(data, copy, { recursive: true });
    const second = await serveAt(data, first.port);
    for (const port of ['81', '82', '83']) await set(second.url, '/svc/http/port', port);
    const program = execs.start(first.url, QUICK);
    await startedAs(program, 1);
    expect(program.stdout).toContain('port=83');
    await second.program.kill();
    await serveAt(copy, first.port);
    await startedAs(program, 2);
    expect(program.stdout).toContain('port=80');
  });
});

it('a right that is missing at the start is exit 5; taken away later, the program goes on until it is given back', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'confer-exec-'));
  const file = join(directory, 'token');
  writeFileSync(file, newTokenText(), { mode: 0o600 });
  const server = await createServer({
    ...{ engine: 'memory', port: 0, auth: 'on', bootstrapTokenFile: file },
  });
  const client = connect(server.url, { token: readFileSync(file, 'utf8').trim() });
  onTestFinished(async () => {
    await client.close();
    await server.close();
    rmSync(directory, { recursive: true, force: true });
  });
  const admin = administrationOf(client);
  const may = (on: string) => admin.roles.set('reader', { allow: [{ verbs: ['read'], on }] });
  await may('/svc');
  await client.set('/svc/http/port', '80');
  const { token } = await admin.tokens.create({
    ...{ name: 'svc', roles: ['reader'], expiresAt: null },
  });
  const env = { CONFER_TOKEN: token };

  const refused = await execs.start(server.url, ['/other'], ['true'], env).finished;
  expect(refused.stderr).toMatch(/^error\[forbidden\]/m);
  expect(refused.code).toBe(5);
  const unknown = execs.start(server.url, ['/svc'], ['true'], { CONFER_TOKEN: newTokenText() });
  expect(await unknown.finished).toMatchObject({ code: 5, stdout: '' });

  const program = execs.start(server.url, QUICK, undefined, env);
  const pid = await startedAs(program, 1);
  await may('/other');
  await said(program, '/svc cannot be read any more');
  await client.set('/svc/http/port', '81');
  await may('/svc');
  await said(program, '/svc can be read again');
  await startedAs(program, 2);
  expect(program.stdout).toContain(`${pid} got SIGTERM`);
  expect(program.stdout).toContain('started port=81');
  expect(program.stderr.match(/cannot be read/g)).toHaveLength(1);
  expect(started(program)).toHaveLength(2);
});
