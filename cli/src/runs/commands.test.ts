import type { Server } from '@confer/server';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { confer as conferAt, type Surroundings, startServer } from '../scene.contract.ts';

let server: Server;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());
beforeEach(() => confer(['rm', '-r', '/', '--all', '-y']));

const confer = (args: readonly string[], around: Surroundings = {}) =>
  conferAt(args, { ...around, env: { CONFER_URL: server.url } });
/** Runs a command that must succeed; its stdout. */
const ok = async (...args: readonly string[]) => {
  const ran = await confer(args);
  expect(ran.exitCode, ran.err).toBe(0);
  return ran.out;
};
const json = async (...args: readonly string[]) => JSON.parse(await ok(...args, '-o', 'json'));

describe('get and set', () => {
  test('get prints the value and a newline, -o raw the value alone', async () => {
    await ok('set', '/shop/port', '8080');
    expect(await ok('get', '/shop/port')).toBe('8080\n');
    expect(await ok('get', '/shop/port', '-o', 'raw')).toBe('8080');
    await ok('set', '/shop/motd', 'two\nlines\n');
    expect(await ok('get', '/shop/motd')).toBe('two\nlines\n');
  });

  test('of several servers one that is there answers, and get takes what it has', async () => {
    await ok('set', '/shop/port', '8080');
    const env = { CONFER_URL: `http://127.0.0.1:1,${server.url}` };
    expect(await conferAt(['get', '/shop/port'], { env })).toMatchObject({ out: '8080\n' });
    expect(await ok('get', '/shop/port', '--stale')).toBe('8080\n');
    expect(await ok('ls', '/shop', '--stale')).toBe('/shop/port\n');
  });

  test('get -o json prints the whole entry', async () => {
    const { revision } = await json('set', '/shop/port', '8080');
    expect(await json('get', '/shop/port')).toEqual({
      path: '/shop/port',
      value: '8080',
      createRevision: revision,
      modRevision: revision,
      version: 1,
      updatedAt: expect.any(Number),
      updatedBy: 'tester',
    });
  });

  test('get of nothing is exit 3, with a hint where something is below', async () => {
    await ok('set', '/shop/port', '8080');
    expect(await confer(['get', '/nothing'])).toEqual({
      exitCode: 3,
      out: '',
      err: 'error[not_found]: /nothing holds no value\n',
    });
    expect((await confer(['get', '/shop'])).err).toContain(
      'hint: there are entries below it: confer ls /shop',
    );
  });

  test('values come from stdin exactly, and after "--" may start with "-"', async () => {
    await confer(['set', '/v', '-'], { stdin: '\ufeffno newline' });
    expect(await ok('get', '/v', '-o', 'raw')).toBe('\ufeffno newline');
    await ok('set', '/v', '--', '-x');
    expect(await ok('get', '/v')).toBe('-x\n');
  });

  test('a value that is not UTF-8 or too long is exit 7, the limit named', async () => {
    const binary = await confer(['set', '/v', '-'], { stdin: Uint8Array.of(0x78, 0xff) });
    expect(binary).toMatchObject({ exitCode: 7, err: expect.stringContaining('not UTF-8') });
    const long = await confer(['set', '/v', '-'], { stdin: 'x'.repeat(2 ** 20 + 1) });
    expect(long).toMatchObject({ exitCode: 7, err: expect.stringContaining('1048576 bytes') });
  });

  test('--create and --if-revision write only if they hold: exit 4', async () => {
    const { revision } = await json('set', '/v', '1', '--create');
    expect(await confer(['set', '/v', '2', '--create'])).toMatchObject({ exitCode: 4, out: '' });
    expect((await confer(['set', '/v', '2', '--if-revision', '1000000'])).err).toContain(
      `error[conflict]: /v is at revision ${revision} now; nothing was written`,
    );
    await ok('set', '/v', '2', '--if-revision', String(revision));
    expect(await ok('get', '/v')).toBe('2\n');
  });

  test('-q leaves out what is for people, not what is for programs', async () => {
    expect(await ok('set', '/v', '1', '-q')).toBe('');
    expect(await json('set', '/v', '2', '-q')).toHaveProperty('revision');
  });

  test('the reserved subtree is refused: exit 5', async () => {
    expect(await confer(['set', '/.confer/x', '1'])).toMatchObject({ exitCode: 5 });
  });
});

describe('rm', () => {
  beforeEach(async () => {
    for (let i = 1; i <= 12; i++) await ok('set', `/shop/k${10 + i}`, 'x');
    await ok('set', '/shopping', 'x');
  });

  test('removes one entry; a missing one is exit 3', async () => {
    expect(await ok('rm', '/shopping')).toMatch(/^removed \/shopping at revision \d+\n$/);
    expect(await confer(['rm', '/shopping'])).toMatchObject({ exitCode: 3, out: '' });
  });

  test('of a path that only has children is exit 3 and names -r', async () => {
    const { exitCode, err } = await confer(['rm', '/shop']);
    expect(exitCode).toBe(3);
    expect(err).toContain('confer rm -r /shop');
  });

  test('-r needs -y where nobody can be asked', async () => {
    expect(await confer(['rm', '-r', '/shop'])).toMatchObject({ exitCode: 2 });
    expect(await json('rm', '-r', '/shop', '-y')).toMatchObject({ removed: 12 });
    expect(await ok('ls')).toBe('/shopping\n');
  });

  test('-r counts, shows ten and asks on a terminal', async () => {
    const no = await confer(['rm', '-r', '/shop'], { answer: 'n' });
    expect(no).toMatchObject({ exitCode: 1, out: '' });
    expect(no.err).toContain('  /shop/k20\n  and 2 more\nremove 12 entries? [y/N] ');
    expect(await confer(['rm', '-r', '/shop'], { answer: 'y' })).toMatchObject({ exitCode: 0 });
  });

  test('-r / needs --all', async () => {
    expect(await confer(['rm', '-r', '/', '-y'])).toMatchObject({ exitCode: 2 });
    expect(await json('rm', '-r', '/', '-y', '--all')).toMatchObject({ removed: 13 });
  });

  test('--dry-run prints the paths and removes nothing', async () => {
    expect((await ok('rm', '-r', '/shop', '--dry-run')).split('\n')).toHaveLength(13);
    expect(await ok('ls')).toBe('/shop/\n/shopping\n');
  });
});

describe('ls and tree', () => {
  beforeEach(async () => {
    await ok('set', '/shop', 'open');
    await ok('set', '/shop/server/port', '8080');
    await ok('set', '/shop/motd', 'a\u001b[31m\nb');
  });

  test('ls prints what is there and what has something below it', async () => {
    expect(await ok('ls')).toBe('/shop\n/shop/\n');
    expect(await ok('ls', '/shop/')).toBe('/shop\n/shop/motd\n/shop/server/\n');
    expect(await ok('ls', '-R', '/shop')).toBe('/shop\n/shop/motd\n/shop/server/port\n');
    expect(await json('ls', '/shop/server')).toMatchObject({
      entries: [{ path: '/shop/server/port', value: '8080' }],
      folders: [],
    });
  });

  test('ls -o ndjson prints a line for each', async () => {
    const lines = (await ok('ls', '/shop', '-o', 'ndjson')).trim().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { path: '/shop', value: 'open' },
      { path: '/shop/motd' },
      { path: '/shop/server', folder: true },
    ]);
  });

  test('tree draws values on one line each, without what would steer a terminal', async () => {
    expect(await ok('tree', '/shop')).toBe(
      '/shop = open\n├── motd = a\\u001b[31m\\nb\n└── server\n    └── port = 8080\n',
    );
    expect(await ok('tree', '-L', '1', '/shop')).toContain('└── server/…\n');
  });

  test('tree draws entries and what is cut off in the order of the tree', async () => {
    await ok('set', '/shop/zone', 'x');
    await ok('set', '/shop/a/deep/one', 'x');
    expect(await ok('tree', '-L', '1', '/shop')).toBe(
      '/shop = open\n├── a/…\n├── motd = a\\u001b[31m\\nb\n├── server/…\n└── zone = x\n',
    );
  });

  test('of nothing are exit 3', async () => {
    for (const verb of ['ls', 'tree', 'export'])
      expect(await confer([verb, '/nothing'])).toMatchObject({ exitCode: 3, out: '' });
  });
});

test('compact drops history up to a revision, or all of it', async () => {
  const { revision } = await json('set', '/v', '1');
  await ok('set', '/v', '2');
  const up = await json('compact', String(revision));
  expect(up).toEqual({ compactedRevision: revision });
  expect(await ok('compact')).toBe(`history begins after revision ${revision + 1}\n`);
  expect(await ok('get', '/v')).toBe('2\n');
  expect((await confer(['compact', '1000000'])).err).toContain('error[future_revision]');
  expect(await confer(['compact', 'soon'])).toMatchObject({ exitCode: 2 });
});

test('status prints the position and the size of the store', async () => {
  expect(await json('status')).toMatchObject({
    epoch: expect.any(String),
    revision: expect.any(Number),
    compactedRevision: expect.any(Number),
    entries: 0,
    engine: 'memory',
    version: expect.any(String),
  });
});
