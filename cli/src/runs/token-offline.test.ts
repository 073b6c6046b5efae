import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from '@confer/server';
import { afterAll, describe, expect, it } from 'vitest';
import { confer as conferAt } from '../scene.contract.ts';

const root = mkdtempSync(join(tmpdir(), 'confer-offline-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

let names = 0;
const newName = () => join(root, `d${names++}`);
const TOKEN = /^cfr_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}\n$/;

const confer = (...args: readonly string[]) => conferAt(args, { now: Date.now() });

function serverOf(dataDirectory: string, auth: 'on' | 'off' = 'on') {
  return createServer({ engine: 'lmdb', dataDirectory, port: 0, transport: 'ws', auth });
}

/** A directory that was served with rights, and is not served any more. */
async function stopped(): Promise<string> {
  const directory = newName();
  await (await serverOf(directory)).close();
  return directory;
}

describe('token generate', () => {
  it('makes another whole token each time, and says what it is for', async () => {
    const first = await confer('token', 'generate');
    expect(first).toMatchObject({ exitCode: 0, out: expect.stringMatching(TOKEN) });
    expect(first.err).toContain('confer serve --auth on --bootstrap-token-file FILE');
    expect((await confer('token', 'generate')).out).not.toBe(first.out);
    const file = newName();
    const { out, err } = await confer('token', 'generate', '--out', file);
    expect(out).toBe('');
    expect(err).toContain(`--bootstrap-token-file ${file}\n`);
    expect(readFileSync(file, 'utf8')).toMatch(TOKEN);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });
});

describe('token recover', () => {
  it('lets the one who runs the server in again, and says so even where it is to be quiet', async () => {
    const directory = await stopped();
    const file = newName();
    const said = await confer('token', 'recover', '--data', directory, '--out', file, '-q');
    expect(said).toMatchObject({ exitCode: 0, out: '' });
    expect(said.err).toMatch(/^WARNING: recovered-\d{8}-\d{6} \(\w{12}\) may do everything/);
    const server = await serverOf(directory);
    const env = { CONFER_URL: server.url };
    const who = await conferAt(['whoami', '--token-file', file], { env });
    const tokens = await conferAt(['token', 'ls', '-o', 'json', '--token-file', file], { env });
    await server.close();
    expect(who.out).toMatch(/^principal +recovered-.*\n(.*\n)*allow +all:\/\n/);
    const { tokens: list } = JSON.parse(tokens.out);
    expect(list).toMatchObject([{ roles: ['admin'], createdBy: 'confer-token-recover' }]);
    const dayMs = 86_400_000;
    expect(list[0].expiresAt - list[0].createdAt).toBeGreaterThan(dayMs - 60_000);
    expect(list[0].expiresAt - list[0].createdAt).toBeLessThanOrEqual(dayMs);
  });

  it('prints the token alone on stdout, under the name that it was given', async () => {
    const directory = await stopped();
    const args = ['token', 'recover', '--data', directory, '--name', 'ada', '--expires', 'never'];
    const said = await confer(...args);
    expect(said).toMatchObject({ exitCode: 0, out: expect.stringMatching(TOKEN) });
    expect(said.err).toContain('WARNING: ada (');
    expect(said.err).toContain('never expires');
    expect(await confer(...args)).toMatchObject({
      ...{ exitCode: 7, out: '', err: expect.stringContaining('of the name ada already') },
    });
  });

  it('refuses a directory that is served, or has no store, and makes nothing: exit 2', async () => {
    const directory = newName();
    const server = await serverOf(directory, 'off');
    const file = newName();
    const used = await confer('token', 'recover', '--data', directory, '--out', file);
    await server.close();
    expect(used).toMatchObject({ exitCode: 2, out: '' });
    expect(used.err).toContain('is in use by another process');
    expect(used.err).toContain('hint: stop the server first');
    const nothing = newName();
    const none = await confer('token', 'recover', '--data', nothing);
    expect(none).toMatchObject({ exitCode: 2, out: '' });
    expect(none.err).toContain('has no data.mdb, so there is no store in it');
    const left = readdirSync(root).map((name) => join(root, name));
    expect(left).not.toContain(file);
    expect(left).not.toContain(nothing);
  });
});
