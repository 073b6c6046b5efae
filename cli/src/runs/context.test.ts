import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Server } from '@confer/server';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { confer as conferAt, type Surroundings, startServer } from '../scene.contract.ts';

let server: Server;
let home = '';
let directory = '';
let file = '';
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'confer-context-'));
  directory = join(home, '.config', 'confer');
  file = join(directory, 'contexts.json');
  return () => rmSync(home, { recursive: true });
});

const confer = (args: readonly string[], around: Surroundings = {}) =>
  conferAt(args, { now: Date.now(), ...around, env: { HOME: home, ...around.env } });
const ok = async (...args: readonly string[]) => {
  const ran = await confer(args);
  expect(ran.exitCode, ran.err).toBe(0);
  return ran.out;
};

describe('a context', () => {
  test('is added, used, listed, shown and forgotten', async () => {
    expect(await ok('context', 'add', 'here', '--url', server.url)).toBe(
      'added here; use it with: confer context use here\n',
    );
    await ok('context', 'add', 'prod', '--url', 'https://a:1,https://b:1', '--production');
    expect(await ok('context', 'use', 'here')).toBe('here is in use now\n');
    expect(await ok('context', 'ls')).toBe(
      `   NAME  URL\n*  here  ${server.url}\n   prod  https://a:1,https://b:1  production\n`,
    );
    expect(JSON.parse(await ok('context', 'show', 'prod', '-o', 'json'))).toEqual({
      ...{ name: 'prod', url: 'https://a:1,https://b:1', production: true, file },
    });
    await ok('set', '/a', '1');
    expect(await ok('get', '/a')).toBe('1\n');
    expect(await ok('status')).toMatch(/\ncontext +here\n/);
    expect(await ok('context', 'rm', 'here')).toBe('forgot here; no context is in use now\n');
    expect((await confer(['context', 'show', '-o', 'json'])).out).toContain('"name": "none"');
  });

  test('is kept in a file of its owner, in a directory of its owner, with whole paths and no secret', async () => {
    await ok('context', 'add', 'a', '--url', 'https://a', '--token-file', 'a.token', '--ca', 'x');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    expect(readdirSync(directory)).toEqual(['contexts.json']);
    const { contexts } = JSON.parse(readFileSync(file, 'utf8'));
    expect(contexts.a.tokenFile).toBe(join(process.cwd(), 'a.token'));
    const secret = await confer(['context', 'add', 'b', '--url', 'https://ada:pass@b']);
    expect(secret).toMatchObject({ exitCode: 2, err: expect.stringContaining('secrets') });
  });

  test('is in XDG_CONFIG_HOME where that is set', async () => {
    const env = { XDG_CONFIG_HOME: join(home, 'xdg') };
    await confer(['context', 'add', 'a', '--url', 'http://a'], { env });
    expect(statSync(join(home, 'xdg', 'confer', 'contexts.json')).isFile()).toBe(true);
  });

  test('is warned of where the environment goes before it', async () => {
    await ok('context', 'add', 'a', '--url', 'http://a');
    const { err } = await confer(['context', 'use', 'a'], { env: { CONFER_URL: 'http://b' } });
    expect(err).toBe('warning: CONFER_URL is set and goes before it\n');
  });

  test.each([
    [['context', 'add', '-x', '--url', 'http://a'], 2],
    [['context', 'add', 'a/b', '--url', 'http://a'], 2],
    [['context', 'add', 'a'], 2],
    [['context', 'add', 'a', '--url', 'ftp://a'], 2],
    [['context', 'add', 'a', '--url', 'https://a', '--cert', 'x'], 2],
    [['context', 'use', 'none'], 3],
    [['context', 'rm', 'none'], 3],
    [['context', 'show', 'none'], 3],
  ])('is refused for %j, and nothing is kept', async (args, exitCode) => {
    expect(await confer(args)).toMatchObject({ exitCode, out: '' });
    expect((await confer(['context', 'ls'])).out).toBe('');
  });

  test('is not replaced by another one of its name', async () => {
    await ok('context', 'add', 'a', '--url', 'http://a');
    expect(await confer(['context', 'add', 'a', '--url', 'http://b'])).toMatchObject({
      ...{ exitCode: 4, err: expect.stringContaining('confer context rm a') },
    });
    expect(await ok('context', 'ls')).toContain('http://a');
  });
});

describe('the file of contexts', () => {
  test.each([
    ['nonsense', 'it is not JSON'],
    ['[]', 'it is no object'],
    ['{"version":2,"contexts":{}}', 'it is of version 2'],
    ['{"contexts":{}}', 'it is of version none'],
    ['{"version":1}', '"contexts" is no object'],
    ['{"version":1,"contexts":{},"current":"a"}', '"current" names no context'],
    ['{"version":1,"contexts":{"a":{}}}', 'the context a has no "url"'],
    ['{"version":1,"contexts":{"a":{"url":"http://a","tokenfile":"/x"}}}', '"tokenfile", which'],
    ['{"version":1,"contexts":{"a":{"url":"http://a","ca":"x"}}}', 'not the absolute path'],
  ])('that says %s is an error that names it, and is left alone: exit 7', async (text, problem) => {
    mkdirSync(directory, { recursive: true });
    writeFileSync(file, text, { mode: 0o600 });
    for (const args of [
      ['get', '/a'],
      ['context', 'ls'],
      ['context', 'add', 'b', '--url', 'http://b'],
    ]) {
      const { exitCode, out, err } = await confer(args);
      expect({ exitCode, out }).toEqual({ exitCode: 7, out: '' });
      expect(err).toContain(`error[contexts_file]: the contexts in ${file} cannot be used: `);
      expect(err).toContain(problem);
    }
    expect(readFileSync(file, 'utf8')).toBe(text);
    expect(readdirSync(directory)).toEqual(['contexts.json']);
  });

  test('that is damaged is nothing to commands that name their server, or need none', async () => {
    mkdirSync(directory, { recursive: true });
    writeFileSync(file, '{');
    await ok('set', '/a', '1', '--url', server.url);
    expect(await ok('version')).toContain('confer');
  });

  test('is missed by nobody where there is no home, and cannot be written there: exit 1', async () => {
    const env = { HOME: '/dev/null', CONFER_URL: server.url };
    expect(await conferAt(['context', 'ls'], { env })).toMatchObject({ exitCode: 0, out: '' });
    const show = await conferAt(['context', 'show'], { env: { HOME: '/dev/null' } });
    expect(show).toMatchObject({
      exitCode: 0,
      out: expect.stringContaining('http://127.0.0.1:7480'),
    });
    expect(await conferAt(['context', 'add', 'a', '--url', 'http://a'], { env })).toMatchObject({
      ...{ exitCode: 1, err: expect.stringContaining('error[unwritable]') },
    });
    expect(await conferAt(['context', 'add', 'a', '--url', 'http://a'])).toMatchObject({
      ...{ exitCode: 2, err: expect.stringContaining('hint: set HOME or XDG_CONFIG_HOME') },
    });
  });

  test('that others can write is not used: it says where the token goes', async () => {
    await ok('context', 'add', 'a', '--url', server.url);
    chmodSync(file, 0o666);
    const { exitCode, err } = await confer(['get', '/a']);
    expect(exitCode).toBe(7);
    expect(err).toContain(`hint: chmod 600 ${file}`);
  });

  test('that is a link stays one', async () => {
    mkdirSync(directory, { recursive: true });
    const real = join(home, 'dotfiles.json');
    writeFileSync(real, '{"version":1,"contexts":{}}', { mode: 0o600 });
    symlinkSync(real, file);
    await ok('context', 'add', 'a', '--url', 'http://a');
    expect(readFileSync(real, 'utf8')).toContain('http://a');
  });

  test('is changed by one command at a time; what one left that died is in nobody’s way', async () => {
    mkdirSync(directory, { recursive: true });
    writeFileSync(`${file}.new`, '');
    const busy = await confer(['context', 'add', 'a', '--url', 'http://a']);
    expect(busy).toMatchObject({ exitCode: 4, err: expect.stringContaining('error[busy]') });
    const longAgo = Date.now() / 1_000 - 60;
    utimesSync(`${file}.new`, longAgo, longAgo);
    await ok('context', 'add', 'a', '--url', 'http://a');
  });

  test('is another’s, and no bug, where that one is done when somebody looks who it is', async () => {
    mkdirSync(directory, { recursive: true });
    // The name is taken each time, and whoever looks behind it finds nobody.
    symlinkSync(join(home, 'nowhere'), `${file}.new`);
    const busy = await confer(['context', 'add', 'a', '--url', 'http://a']);
    expect(busy).toMatchObject({ exitCode: 4, err: expect.stringContaining('error[busy]') });
  });
});

describe('a context for production', () => {
  beforeEach(async () => {
    await ok('context', 'add', 'prod', '--url', server.url, '--production');
    await ok('context', 'use', 'prod');
  });
  const notice = () => `production: prod (${server.url})\n`;

  test.each([
    [['set', '/p', '1']],
    [['rm', '/p']],
    [['compact']],
    [['import', 'x.yaml', '--at', '/p']],
    [['role', 'set', 'r', '--allow', 'read:/']],
    [['role', 'rm', 'r']],
    [['token', 'create', 't']],
    [['token', 'rotate', 't']],
    [['token', 'disable', 't']],
    [['token', 'enable', 't']],
    [['token', 'rm', 't']],
  ])('is not written by %j without -y where nobody can be asked', async (args) => {
    expect(await confer(args)).toEqual({
      ...{ exitCode: 2, out: '' },
      err: 'error[usage]: prod is a context for production, and there is no terminal to ask on\nhint: add -y if this is meant to write there\n',
    });
  });

  test('asks on a terminal, and writes after a yes alone', async () => {
    const no = await confer(['set', '/p', '1'], { answer: 'n', env: { NO_COLOR: '1' } });
    expect(no).toMatchObject({ exitCode: 1, out: '' });
    expect(no.err).toBe(`${notice()}write there? [y/N] error[declined]: nothing was written\n`);
    expect((await confer(['set', '/p', '1'], { answer: 'y' })).err).toContain('\u001b[31mprod');
    expect(await confer(['set', '/p', '2', '-y', '-q'])).toMatchObject({
      exitCode: 0,
      err: notice(),
    });
    expect(await ok('get', '/p')).toBe('2\n');
  });

  test('is asked about once by rm -r, which asks anyway', async () => {
    await ok('set', '/q/a', '1', '-y');
    const { err } = await confer(['rm', '-r', '/q'], { answer: 'y', env: { NO_COLOR: '1' } });
    expect(err).toContain(`  /q/a\n${notice()}remove 1 entry? [y/N] `);
    expect(err.match(/\[y\/N\]/g)).toHaveLength(1);
  });

  test('is read, and tried without writing, as any other', async () => {
    expect(await confer(['ls', '/'])).toMatchObject({ exitCode: 0 });
    expect(await confer(['rm', '-r', '/p', '--dry-run'])).not.toMatchObject({ exitCode: 2 });
  });
});
