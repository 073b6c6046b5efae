import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Server } from '@confer/server';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { confer as conferAt, startServer } from '../scene.contract.ts';

let server: Server;
let directory: string;
beforeAll(async () => {
  server = await startServer();
  directory = await mkdtemp(join(tmpdir(), 'confer-import-'));
});
afterAll(async () => {
  await server.close();
  await rm(directory, { recursive: true });
});
beforeEach(() => confer('rm', '-r', '/', '--all', '-y'));

const confer = (...args: readonly string[]) => conferAt(args, { env: { CONFER_URL: server.url } });
const json = async (...args: readonly string[]) =>
  JSON.parse((await confer(...args, '-o', 'json')).out);

async function file(text: string): Promise<string> {
  const name = join(directory, 'shop.yml');
  await writeFile(name, text);
  return name;
}

test('an import is one commit, and none where everything is there already', async () => {
  const name = await file('server: {port: 8080, hosts: [a, b]}\nzip: "8080"');
  const before = await json('status');
  const first = await json('import', name, '--at', '/shop');
  expect(first).toEqual({
    revision: before.revision + 1,
    added: 3,
    changed: 0,
    removed: 0,
    unchanged: 0,
  });
  expect(await json('import', name, '--at', '/shop')).toEqual({
    revision: first.revision,
    added: 0,
    changed: 0,
    removed: 0,
    unchanged: 3,
  });
  expect((await confer('import', name, '--at', '/shop')).out).toBe(
    `nothing to change: 3 entries are the same already at revision ${first.revision}\n`,
  );
});

test('what is exported is what was imported', async () => {
  await confer(
    'import',
    await file('a: {b: on, "": 1}\n"8080": [x, 2]\n---\n- null'),
    '--at',
    '/shop',
  );
  const data = { 0: { a: { b: 'on', '': 1 }, 8080: ['x', 2] }, 1: [null] };
  expect(JSON.parse((await confer('export', '/shop', '-o', 'json')).out)).toEqual(data);
  expect((await confer('export', '/shop/0')).out).toBe(
    '"8080":\n  - x\n  - 2\na:\n  "": 1\n  b: "on"\n',
  );
});

test('--dry-run prints each change and makes none', async () => {
  await confer('import', await file('a: 1\nb: 2'), '--at', '/shop');
  const { revision } = await json('status');
  const next = await file('a: 3\nc: 4');
  expect((await confer('import', next, '--at', '/shop', '--prune', '--dry-run')).out).toBe(
    '~ /shop/a = 1 -> 3\n- /shop/b = 2\n+ /shop/c = 4\n' +
      'would add 1, change 1, remove 1, leave 0 unchanged; nothing was written\n',
  );
  expect((await json('status')).revision).toBe(revision);
});

test('--prune removes only inside --at', async () => {
  await confer('set', '/shopping', 'x');
  await confer('import', await file('a: 1\nb: 2'), '--at', '/shop');
  await confer('import', await file('a: 1'), '--at', '/shop', '--prune');
  expect((await confer('ls', '-R')).out).toBe('/shop/a\n/shopping\n');
});

test('a file that cannot be read writes nothing: exit 7, its place named', async () => {
  const name = await file('a: 1\nb: [');
  const { exitCode, out, err } = await confer('import', name, '--at', '/shop');
  expect({ exitCode, out }).toEqual({ exitCode: 7, out: '' });
  expect(err).toContain(`error[invalid_file]: ${name}:2:`);
  expect((await json('status')).entries).toBe(0);
});
