import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Server } from '@confer/server';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { confer, startServer } from '../scene.contract.ts';

let server: Server;
let home = '';
beforeAll(async () => {
  server = await startServer();
  home = mkdtempSync(join(tmpdir(), 'confer-complete-'));
  mkdirSync(join(home, '.config', 'confer'), { recursive: true });
  writeFileSync(
    join(home, '.config', 'confer', 'contexts.json'),
    JSON.stringify({ version: 1, contexts: { here: { url: server.url } } }),
    { mode: 0o600 },
  );
  for (const path of ['/shop', '/shop/port', '/shop/db/host', '/shopping', '/a b/c:d'])
    await confer(['set', path, 'x'], { env: { CONFER_URL: server.url } });
});
afterAll(async () => {
  await server.close();
  rmSync(home, { recursive: true });
});

/** What a shell is told at the last of these words, without what each is for. */
async function at(words: readonly string[], env: Record<string, string> = {}, shell = 'zsh') {
  const around = { env: { HOME: home, CONFER_URL: server.url, ...env } };
  const { exitCode, out, err } = await confer(['__complete', shell, '--', ...words], around);
  expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' });
  return out
    .split('\n')
    .slice(0, -1)
    .map((line) => line.split('\t')[0]);
}

describe('completion', () => {
  test('knows commands, and those of commands', async () => {
    expect(await at(['im'])).toEqual(['import']);
    expect(await at(['token', 'ro'])).toEqual(['rotate']);
    const commands = await at(['']);
    expect(commands).toContain('edit');
    expect(commands.filter((name) => name?.startsWith('_'))).toEqual([]);
  });

  test('says what each command and option is for', async () => {
    const { out } = await confer(['__complete', 'fish', '--', 'expl']);
    expect(out).toBe('explain\tsay what a code means, and what to do about it\n');
  });

  test('knows the options of the command and those of all commands, wherever they are typed', async () => {
    expect(await at(['import', '--p'])).toEqual(['--prune']);
    expect(await at(['import', 'x.yaml', '--tok'])).toEqual(['--token-file']);
    expect(await at(['get', '--', '--o'])).toEqual([]);
  });

  test.each([
    [['get', '-o', 'j'], ['json']],
    [['get', '--output=nd'], ['--output=ndjson']],
    [
      ['serve', '--engine', ''],
      ['lmdb', 'etcd', 'memory'],
    ],
    [['completion', 'f'], ['fish']],
    [
      ['auth', 'check', 'ada', 're'],
      ['read', 'release'],
    ],
    [['explain', 'conf'], ['conflict']],
    [['context', 'use', ''], ['here']],
    [['--context', 'h'], ['here']],
    [['import', ''], [':files']],
    [['get', '--token-file', ''], [':files']],
    [['set', '/a', ''], []],
    [['get', '--timeout', ''], []],
    [['nonsense', ''], []],
  ])('knows what can stand at the end of %j', async (words, expected) => {
    expect(await at(words)).toEqual(expected);
  });

  test('lists one level of paths, and ends those with something below them with a slash', async () => {
    expect(await at(['get', ''])).toEqual(['/a b/', '/shop', '/shop/', '/shopping']);
    expect(await at(['get', '/sho'])).toEqual(['/shop', '/shop/', '/shopping']);
    expect(await at(['ls', '/shop/'])).toEqual(['/shop/db/', '/shop/port']);
    expect(await at(['import', 'x', '--at', '/shop/d'])).toEqual(['/shop/db/']);
    expect(await at(['import', 'x', '--at=/shop/d'])).toEqual(['--at=/shop/db/']);
    expect(await at(['-q', '-ojson', 'rm', '-r', '/a b/'])).toEqual(['/a b/c:d']);
    expect(await at(['get', 'shop'])).toEqual([]);
    expect(await at(['get', '/shop//'])).toEqual([]);
  });

  test('asks the server that is typed already, by its URL or its context', async () => {
    const nowhere = { CONFER_URL: 'http://127.0.0.1:1' };
    expect(await at(['--url', server.url, 'get', '/a'], nowhere)).toEqual(['/a b/']);
    expect(await at([`--url=${server.url}`, 'get', '/a'], nowhere)).toEqual(['/a b/']);
    expect(await at(['--context', 'here', 'get', '/a'], nowhere)).toEqual(['/a b/']);
  });

  test.each([
    [['get', '/'], { CONFER_URL: 'nonsense' }],
    [['--token-file', '/none', 'get', '/'], {}],
    [['--context', 'none', 'get', '/'], {}],
    [['get', '/'], { CONFER_TOKEN: '' }],
  ])(
    'prints nothing and fails not where the server cannot be asked: %j, %j',
    async (words, env) => {
      expect(await at(words, env)).toEqual([]);
    },
  );

  test('of bash is what comes behind the last break of its line, quoted', async () => {
    const breaks = ' \t\n"\'><=;|&(:';
    expect(await at(['confer get /a\\ b/', breaks], {}, 'bash')).toEqual(['/a\\ b/c\\:d']);
    expect(await at(['confer get "/a b/c:', breaks], {}, 'bash')).toEqual(['/a b/c:d']);
    expect(await at(['confer import x --at=/shop/d', breaks], {}, 'bash')).toEqual(['/shop/db/']);
    expect(await at(['confer im', breaks], {}, 'bash')).toEqual(['import']);
  });

  test('is for bash, zsh and fish: exit 2 for another shell', async () => {
    for (const shell of ['bash', 'zsh', 'fish'])
      expect((await confer(['completion', shell])).out).toContain(`__complete ${shell} -- `);
    expect(await confer(['completion', 'csh'])).toMatchObject({ exitCode: 2, out: '' });
  });
});
