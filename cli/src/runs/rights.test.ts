import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { confer, type GuardedScene, startGuardedServer, startServer } from '../scene.contract.ts';

let scene: GuardedScene;
let devFile = '';
beforeAll(async () => {
  scene = await startGuardedServer();
  devFile = join(scene.directory, 'dev.token');
  await ok('role', 'set', 'dev', '--allow', 'read,write:/shop', '--deny', 'read:/shop/secrets');
  await ok('token', 'create', 'dev', '--role', 'dev', '--out', devFile);
});
afterAll(() => scene.close());

const ok = async (...args: readonly string[]) => {
  const ran = await scene.run(args);
  expect(ran.exitCode, ran.err).toBe(0);
  return ran.out;
};
const asDev = (...args: readonly string[]) => scene.run(args, { as: devFile });

describe('whoami', () => {
  test('says who one is, what one may do and until when', async () => {
    const { exitCode, out } = await asDev('whoami');
    expect(exitCode).toBe(0);
    expect(out).toMatch(
      /^principal +dev\nkind +token\nroles +dev\nallow +read,write:\/shop\ndeny +read:\/shop\/secrets\nexpires +\d{4}-.*Z\n$/,
    );
    const { out: json } = await asDev('whoami', '-o', 'json');
    expect(JSON.parse(json)).toMatchObject({ principal: 'dev', kind: 'token', roles: ['dev'] });
  });

  test('says where a server asks nobody who they are', async () => {
    const open = await startServer();
    const { out } = await confer(['whoami'], { env: { CONFER_URL: open.url } });
    const role = await confer(['role', 'ls'], { env: { CONFER_URL: open.url } });
    await open.close();
    expect(out).toContain('kind       anyone: this server asks nobody who they are\n');
    expect(role).toMatchObject({ exitCode: 5, err: expect.stringContaining('--auth on') });
  });
});

describe('auth check', () => {
  test('answers with the rule that decides: exit 0 where it is allowed, and 5 where it is not', async () => {
    expect(await scene.run(['auth', 'check', 'dev', 'write', '/shop/port'])).toEqual({
      ...{ exitCode: 0, out: 'allowed: role dev allows write on /shop\n', err: '' },
    });
    expect(await scene.run(['auth', 'check', 'dev', 'read', '/shop'])).toEqual({
      ...{ exitCode: 5, out: 'denied: role dev denies read on /shop/secrets\n', err: '' },
    });
    const { exitCode, out } = await scene.run(['auth', 'check', 'dev', 'read', '/', '-o', 'json']);
    expect(exitCode).toBe(5);
    expect(JSON.parse(out)).toMatchObject({
      ...{ principal: 'dev', verb: 'read', path: '/', allowed: false, rule: expect.any(String) },
    });
  });

  test('is for anybody about themselves, and about others for an admin', async () => {
    expect(await asDev('auth', 'check', 'dev', 'read', '/shop/port')).toMatchObject({
      exitCode: 0,
    });
    const about = await asDev('auth', 'check', 'operator', 'read', '/');
    expect(about).toMatchObject({ exitCode: 5, out: '' });
    expect(about.err).toContain('error[forbidden]');
    expect(await scene.run(['auth', 'check', 'nobody', 'read', '/'])).toMatchObject({
      ...{ exitCode: 7, err: expect.stringContaining('there is no token of the name nobody') },
    });
    expect(await scene.run(['auth', 'check', 'dev', 'peek', '/'])).toMatchObject({ exitCode: 2 });
  });
});

describe('a command without a right', () => {
  test('is refused as a whole, with the rule and what helps: exit 5', async () => {
    await asDev('set', '/shop/port', '8080');
    expect(await asDev('get', '/shop/port')).toMatchObject({ exitCode: 0, out: '8080\n' });
    const { exitCode, out, err } = await asDev('ls', '-R', '/shop');
    expect({ exitCode, out }).toEqual({ exitCode: 5, out: '' });
    expect(err).toContain('role dev denies read on /shop/secrets');
    expect(err).toContain('hint: confer whoami says what you may do; confer auth check');
  });

  test('is told by status which figures it may not see', async () => {
    expect((await asDev('status')).out).toMatch(/\nentries +- \(needs the right to operate\)\n/);
    expect(JSON.parse((await asDev('status', '-o', 'json')).out)).not.toHaveProperty('entries');
    expect(await ok('status')).toMatch(/\nentries +\d+\n/);
  });
});

describe('the token of a command', () => {
  const here = () => ({ CONFER_URL: scene.server.url });

  test.each([['get'], ['watch']])('is missed by %s with what to do: exit 5', async (verb) => {
    const { exitCode, out, err } = await confer([verb, '/a'], { env: here() });
    expect({ exitCode, out }).toEqual({ exitCode: 5, out: '' });
    expect(err).toMatch(/^error\[unauthenticated\]: .*--token-file, or CONFER_TOKEN\n$/);
  });

  test('comes out of CONFER_TOKEN, unless a file is named; empty, that is an error', async () => {
    const env = { ...here(), CONFER_TOKEN: (await ok('token', 'rotate', 'dev')).trim() };
    expect((await confer(['whoami'], { env })).out).toMatch(/^principal +dev\n/);
    expect((await scene.run(['whoami'], { env })).out).toMatch(/^principal +operator\n/);
    expect(await confer(['whoami'], { env: { ...here(), CONFER_TOKEN: '' } })).toEqual({
      exitCode: 2,
      out: '',
      err: expect.stringMatching(/^error\[usage\]: CONFER_TOKEN is empty\nhint: .*unset it/),
    });
  });

  test('comes out of a file that its owner alone can read, and that holds one', async () => {
    const file = join(scene.directory, 'odd.token');
    writeFileSync(file, 'cfr_seen', { mode: 0o600 });
    chmodSync(file, 0o644);
    expect(await scene.run(['whoami'], { as: file })).toMatchObject({
      exitCode: 7,
      err: `error[token_file]: --token-file: ${file} can be read by others, so its token is not used\nhint: chmod 600 ${file}\n`,
    });
    chmodSync(file, 0o600);
    writeFileSync(file, '\n');
    const empty = await scene.run(['whoami'], { as: file });
    expect(empty).toMatchObject({ exitCode: 7, err: expect.stringContaining('is empty') });
    writeFileSync(file, 'x'.repeat(8_193));
    const long = await scene.run(['whoami'], { as: file });
    expect(long).toMatchObject({ exitCode: 7, err: expect.stringContaining('over 8192 char') });
    const missing = await scene.run(['whoami'], { as: `${file}.none` });
    expect(missing).toMatchObject({ exitCode: 7, err: expect.stringContaining('cannot be read') });
  });

  test('is never on the command line', async () => {
    const { exitCode, err } = await confer(['get', '/a', '--token', 'cfr_seen']);
    expect(exitCode).toBe(2);
    expect(err).toContain("unknown option '--token'");
  });
});
