import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Server } from '@confer/server';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { confer as conferAt, type Surroundings, startServer } from '../scene.contract.ts';

let server: Server;
let directory = '';
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());
beforeEach(async () => {
  await confer(['rm', '-r', '/', '--all', '-y']);
  directory = mkdtempSync(join(tmpdir(), 'confer-apply-'));
  return () => rmSync(directory, { recursive: true });
});

const confer = (args: readonly string[], around: Surroundings = {}) =>
  conferAt(args, { ...around, env: { CONFER_URL: server.url, ...around.env } });
const ok = async (...args: readonly string[]) => {
  const ran = await confer(args);
  expect(ran.exitCode, ran.err).toBe(0);
  return ran.out;
};
const json = async (...args: readonly string[]) => JSON.parse(await ok(...args, '-o', 'json'));
const all = () => ok('export', '/', '-o', 'env');

/** Writes files, by their place in the directory; `undefined` takes one away. */
function files(texts: Readonly<Record<string, string | undefined>>): string {
  for (const [name, text] of Object.entries(texts)) {
    const file = join(directory, name);
    mkdirSync(dirname(file), { recursive: true });
    if (text === undefined) rmSync(file);
    else writeFileSync(file, text);
  }
  return directory;
}

describe('apply', () => {
  test('writes what files say as one commit, shows it, and does nothing the second time', async () => {
    const from = files({ 'shop/server.yaml': 'port: 8080', 'mail.json': '{"host":"a"}' });
    const { revision } = await json('status');
    expect(await ok('apply', '-f', from, '-y')).toBe(
      `+ /mail/host = a\n+ /shop/server/port = 8080\nadded 2, changed 0, removed 0, unchanged 0 at revision ${revision + 1}\n`,
    );
    expect(await ok('apply', '-f', from, '-y')).toBe(
      `nothing to change: 2 entries are the same already at revision ${revision + 1}\n`,
    );
    expect((await json('status')).revision).toBe(revision + 1);
  });

  test('takes several files and directories, all of one subtree', async () => {
    const from = files({ 'a.yaml': 'a: 1', 'b.toml': 'b = 2', 'c/d.json': '3' });
    const args = ['-f', join(from, 'a.yaml'), '-f', join(from, 'b.toml'), '-f', join(from, 'c')];
    expect(await json('apply', ...args, '--to', '/x', '-y')).toMatchObject({
      ...{ added: 3, subtrees: ['/x'] },
    });
    expect(await all()).toBe('X_A=1\nX_B=2\nX_D=3\n');
    const twice = await confer([
      'apply',
      '-f',
      join(from, 'a.yaml'),
      '-f',
      join(from, 'a.yaml'),
      '-y',
    ]);
    expect(twice).toMatchObject({ exitCode: 7, out: '' });
    expect(twice.err).toContain('says what /a is, and so does');
  });

  test('with --prune removes what the files do not name, but nothing beside their subtrees', async () => {
    for (const path of ['/shop/a', '/shop/old', '/shop', '/shopping/a', '/other/a'])
      await ok('set', path, 'x');
    const from = files({ 'shop.yaml': 'a: x\nb: y' });
    expect(await json('apply', '-f', from, '-y')).toMatchObject({ added: 1, removed: 0 });
    expect(await ok('apply', '-f', from, '--prune', '-y')).toMatch(
      /^- \/shop = x\n- \/shop\/old = x\nadded 0, changed 0, removed 2, unchanged 2 /,
    );
    expect(await all()).toBe('OTHER_A=x\nSHOP_A=x\nSHOP_B=y\nSHOPPING_A=x\n');
    await ok('apply', '-f', from, '--to', '/other', '--prune', '-y');
    expect(await all()).toContain('OTHER_SHOP_A=x\nOTHER_SHOP_B=y\nSHOP_A=x\n');
  });

  test('with --prune removes what a file said that is gone, where the directory is a subtree', async () => {
    await ok('apply', '-f', files({ 'a.yaml': 'x: 1', 'b.yaml': 'x: 1' }), '--to', '/t', '-y');
    const from = files({ 'b.yaml': undefined });
    expect(await json('apply', '-f', from, '--to', '/t', '--prune', '-y')).toMatchObject({
      removed: 1,
    });
    expect(await all()).toBe('T_A_X=1\n');
  });

  test.each([
    ['', 'is cut off'],
    ['# nothing\n', 'has comments alone'],
    ['{}', 'is an empty map'],
  ])('with --prune empties no subtree for a file with %j, which %s: exit 7', async (text) => {
    await ok('apply', '-f', files({ 'shop.yaml': 'a: 1\nb: 2', 'x.yaml': 'a: 1' }), '-y');
    const from = files({ 'shop.yaml': text });
    const { exitCode, out, err } = await confer(['apply', '-f', from, '--prune', '-y']);
    expect({ exitCode, out }).toEqual({ exitCode: 7, out: '' });
    expect(err).toContain('shop.yaml says nothing, and --prune would remove 2 entries of /shop');
    expect(err).toContain('hint: add --allow-empty');
    expect(await json('apply', '-f', from, '-y')).toMatchObject({ added: 0, changed: 0 });
    expect(await json('apply', '-f', from, '--prune', '--allow-empty', '-y')).toMatchObject({
      removed: 2,
    });
    expect(await all()).toBe('X_A=1\n');
  });

  test('takes a directory without files for a mistake, unless it may be empty: exit 7', async () => {
    await ok('set', '/shop/a', '1');
    const args = ['apply', '-f', directory, '--to', '/shop', '--prune', '-y'];
    expect(await confer(args)).toMatchObject({
      ...{ exitCode: 7, out: '', err: expect.stringContaining('holds no YAML, JSON or TOML file') },
    });
    expect(await json(...args, '--allow-empty')).toMatchObject({ removed: 1 });
  });

  test('of a file that cannot be read writes nothing, also of the others: exit 7', async () => {
    const from = files({ 'a.yaml': 'a: 1', 'b.yaml': 'b: [' });
    const { exitCode, out, err } = await confer(['apply', '-f', from, '-y']);
    expect({ exitCode, out }).toEqual({ exitCode: 7, out: '' });
    expect(err).toMatch(/error\[invalid_file\]: \S+b\.yaml:\d+:\d+: /);
    expect(await confer(['apply', '-f', join(from, 'none'), '-y'])).toMatchObject({ exitCode: 7 });
    expect((await json('status')).entries).toBe(0);
  });
});

describe('apply --dry-run', () => {
  test('prints what differs and exits with 1, and with 0 where nothing does', async () => {
    const from = files({ 'shop.yaml': 'a: 1' });
    expect(await confer(['apply', '-f', from, '--dry-run'])).toEqual({
      ...{ exitCode: 1, err: '' },
      out: '+ /shop/a = 1\nwould add 1, change 0, remove 0, leave 0 unchanged; nothing was written\n',
    });
    const { out } = await confer(['apply', '-f', from, '--dry-run', '-o', 'json']);
    expect(JSON.parse(out)).toMatchObject({
      dryRun: true,
      changes: [{ kind: 'add', path: '/shop/a', value: '1' }],
    });
    expect((await json('status')).entries).toBe(0);
    await ok('apply', '-f', from, '-y');
    expect(await confer(['apply', '-f', from, '--dry-run'])).toMatchObject({
      exitCode: 0,
      err: '',
    });
  });

  test('shows of a long value the lines that differ', async () => {
    const text = (last: string) => `motd: |\n${'  the same\n'.repeat(50)}  ${last}\n`;
    await ok('apply', '-f', files({ 'shop.yaml': text('old') }), '-y');
    const { out } = await confer(['apply', '-f', files({ 'shop.yaml': text('new') }), '--dry-run']);
    expect(out).toMatch(/^~ \/shop\/motd\n {4}- old\n {4}\+ new\nwould /);
  });
});

describe('apply asks', () => {
  test('before it writes on a terminal, and writes after a yes alone', async () => {
    const from = files({ 'shop.yaml': 'a: 1' });
    const no = await confer(['apply', '-f', from], { answer: 'n', env: { NO_COLOR: '1' } });
    expect(no).toEqual({
      exitCode: 1,
      out: '+ /shop/a = 1\n',
      err: 'add 1, change 0, remove 0? [y/N] error[declined]: nothing was written\n',
    });
    expect((await confer(['apply', '-f', from], { answer: 'y' })).out).toContain(
      '\u001b[32m+ /shop/a = 1\u001b[39m\nadded 1',
    );
    const none = await confer(['apply', '-f', from], { answer: async () => 'never asked' });
    expect(none).toMatchObject({ exitCode: 0, err: '' });
  });

  test('with the data of -o json on stdout and nothing else', async () => {
    const from = files({ 'shop.yaml': 'a: 1' });
    const { out, err } = await confer(['apply', '-f', from, '-o', 'json'], { answer: 'y' });
    expect(JSON.parse(out)).toMatchObject({ added: 1 });
    expect(err).toContain('+ /shop/a = 1');
  });

  test('and needs -y where there is no terminal: exit 2', async () => {
    const from = files({ 'shop.yaml': 'a: 1' });
    const { exitCode, err } = await confer(['apply', '-f', from]);
    expect(exitCode).toBe(2);
    expect(err).toContain('hint: add -y, or --dry-run');
  });

  test('and writes nothing at a Ctrl-C instead of an answer: exit 130', async () => {
    const stop = new AbortController();
    const answer = async () => {
      stop.abort('SIGINT');
      return '';
    };
    const from = files({ 'shop.yaml': 'a: 1' });
    const ran = await confer(['apply', '-f', from], { answer, signal: stop.signal });
    expect(ran).toMatchObject({ exitCode: 130, err: 'add 1, change 0, remove 0? [y/N] ' });
    expect((await json('status')).entries).toBe(0);
  });

  test('anew where somebody else wrote meanwhile, and says so', async () => {
    await ok('set', '/shop/a', '1');
    const from = files({ 'shop.yaml': 'a: mine' });
    let asked = 0;
    const { exitCode, out, err } = await confer(['apply', '-f', from], {
      env: { NO_COLOR: '1' },
      answer: async () => {
        if (asked++ === 0) await ok('set', '/shop/a', 'theirs');
        return 'y';
      },
    });
    expect({ exitCode, asked }).toEqual({ exitCode: 0, asked: 2 });
    expect(err).toContain('/shop/a was changed by somebody else meanwhile: planned anew\n');
    expect(out).toContain('~ /shop/a = 1 -> mine\n~ /shop/a = theirs -> mine\n');
  });
});
