import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { confer, type GuardedScene, startGuardedServer } from '../scene.contract.ts';

const DAY_MS = 86_400_000;
const TOKEN = /^cfr_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}$/;

let scene: GuardedScene;
let names = 0;
let name = '';
beforeAll(async () => {
  scene = await startGuardedServer();
  await ok('role', 'set', 'reader', '--allow', 'read:/shop');
});
afterAll(() => scene.close());
beforeEach(() => {
  name = `t${++names}`;
});

/** Runs a command that must succeed; its stdout. */
const ok = async (...args: readonly string[]) => {
  const ran = await scene.run(args);
  expect(ran.exitCode, ran.err).toBe(0);
  return ran.out;
};
const json = async (...args: readonly string[]) => JSON.parse(await ok(...args, '-o', 'json'));
const fileNamed = (file: string) => join(scene.directory, file);
const modeOf = (file: string) => statSync(file).mode & 0o777;
/** What a token is for: the exit code of a command that shows it. */
const admitted = async (token: string) => {
  const env = { CONFER_URL: scene.server.url, CONFER_TOKEN: token };
  return (await confer(['whoami'], { env })).exitCode;
};

describe('token create', () => {
  test('prints the token alone on stdout, and what it is on stderr', async () => {
    const { out, err } = await scene.run(['token', 'create', name, '--role', 'reader']);
    expect(out.trim()).toMatch(TOKEN);
    expect(out).toBe(`${out.trim()}\n`);
    expect(err).toMatch(
      new RegExp(`^token ${name} \\(\\w{12}\\), of reader, expires .*; it is not shown again\n$`),
    );
    expect(await admitted(out.trim())).toBe(0);
    const raw = await ok('token', 'create', `${name}r`, '--role', 'reader', '-o', 'raw');
    expect(raw).toMatch(TOKEN);
  });

  test('expires after 90 days where nothing else is said; never has to be said', async () => {
    const now = Date.now();
    const make = (more: readonly string[]) =>
      json('token', 'create', `${name}-${more.join('')}`, '--role', 'reader', ...more);
    const { info } = await make([]);
    expect(info.expiresAt).toBeGreaterThanOrEqual(now + 90 * DAY_MS);
    expect(info.expiresAt).toBeLessThan(now + 91 * DAY_MS);
    const never = await scene.run([
      'token',
      'create',
      name,
      '--role',
      'reader',
      '--expires',
      'never',
    ]);
    expect(never.err).toContain('never expires');
    const dated = await scene.run(
      [
        'token',
        'create',
        `${name}d`,
        '--role',
        'reader',
        '--role',
        'admin',
        '--note',
        'why',
      ].concat(['--expires', '2099-01-31', '--not-before', '2098-01-31T08:00Z', '-o', 'json']),
    );
    expect(JSON.parse(dated.out).info).toMatchObject({
      roles: ['reader', 'admin'],
      expiresAt: Date.UTC(2099, 0, 31),
      notBefore: Date.UTC(2098, 0, 31, 8),
      note: 'why',
    });
  });

  test('writes it into a new file that only its owner can read, and shows it nowhere', async () => {
    const file = fileNamed(`${name}.token`);
    const { exitCode, out, err } = await scene.run([
      'token',
      'create',
      name,
      '--role',
      'reader',
      '--out',
      file,
    ]);
    const token = readFileSync(file, 'utf8').trim();
    expect({ exitCode, out }).toEqual({ exitCode: 0, out: '' });
    expect(token).toMatch(TOKEN);
    expect(err).toContain(`it is in ${file} alone`);
    expect(err).not.toContain(token.slice(17));
    expect(modeOf(file)).toBe(0o600);
    expect(await scene.run(['whoami'], { as: file })).toMatchObject({ exitCode: 0 });
  });

  test('makes nothing where the file is there already, and leaves none where nothing is made', async () => {
    const taken = fileNamed(`${name}.taken`);
    writeFileSync(taken, 'mine');
    const args = ['token', 'create', name, '--role', 'reader', '--out'];
    expect(await scene.run([...args, taken])).toMatchObject({
      ...{ exitCode: 2, out: '', err: expect.stringContaining('is there already') },
    });
    expect(readFileSync(taken, 'utf8')).toBe('mine');
    expect(await scene.run(['token', 'show', name])).toMatchObject({ exitCode: 3 });
    const free = fileNamed(`${name}.free`);
    const none = await scene.run(['token', 'create', name, '--role', 'nothing', '--out', free]);
    expect(none).toMatchObject({ exitCode: 7, out: '' });
    expect(existsSync(free)).toBe(false);
  });

  test.each([
    [[], 'give --role'],
    [['--role', 'r', '--expires', 'soon'], '"soon" is no time'],
    [['--role', 'r', '--expires', '2099-99-99'], '--expires 2099-99-99: a time is 2027-01-31'],
    [['--role', 'r', '--not-before', 'x'], '"x" is no time'],
    [['--role', 'r', '-o', 'xml'], '-o xml'],
  ])('of %j is a wrong use of it: exit 2', async (args, problem) => {
    const ran = await confer(['token', 'create', 'x', ...args, '--url', 'http://127.0.0.1:1']);
    expect(ran).toMatchObject({ exitCode: 2, out: '', err: expect.stringContaining(problem) });
  });
});

describe('token rotate', () => {
  test('puts the new token in the place of the old one, which is good for the overlap', async () => {
    const file = fileNamed(`${name}.token`);
    await ok('token', 'create', name, '--role', 'reader', '--out', file);
    const before = readFileSync(file, 'utf8').trim();
    const { out, err } = await scene.run(['token', 'rotate', name, '--out', file]);
    const after = readFileSync(file, 'utf8').trim();
    expect(out).toBe('');
    expect(err).toMatch(/\nthe secret before is good until \d{4}-.*Z\n$/);
    expect(after).toMatch(TOKEN);
    expect(after).not.toBe(before);
    expect(modeOf(file)).toBe(0o600);
    expect([await admitted(before), await admitted(after)]).toEqual([0, 0]);
    expect(await ok('token', 'show', name)).toContain('old secret until');
  });

  test('without an overlap ends the old one at once, and may let it expire at another time', async () => {
    const before = (await ok('token', 'create', name, '--role', 'reader')).trim();
    const rotated = await scene.run(['token', 'rotate', name, '--overlap', '0', '--expires', '1d']);
    expect(rotated.err).toContain('the secret before is of no use any more');
    expect([await admitted(before), await admitted(rotated.out.trim())]).toEqual([5, 0]);
    const { expiresAt } = await json('token', 'show', name);
    expect(expiresAt).toBeLessThan(Date.now() + 2 * DAY_MS);
  });
});

describe('a token that is there', () => {
  test('is listed and shown with what it may do, without its secret', async () => {
    const token = (await ok('token', 'create', name, '--role', 'reader')).trim();
    const said = [
      await ok('token', 'ls'),
      await ok('token', 'ls', '-o', 'json'),
      await ok('token', 'ls', '-o', 'ndjson'),
      await ok('token', 'show', name),
      await ok('token', 'show', token.slice(4, 16), '-o', 'json'),
    ];
    for (const text of said) {
      expect(text).toContain(name);
      expect(text).toContain(token.slice(4, 16));
      expect(text).not.toContain(token.slice(17));
    }
    expect(said[0]).toMatch(new RegExp(`\n${name} +\\w{12} +reader +good +\\d{4}-.*Z +-\n`));
    expect(said[3]).toContain('allow      read:/shop\n');
    expect((await ok('token', 'ls', '-o', 'raw')).split('\n')).toContain(name);
  });

  test('is disabled, enabled and removed, and let in accordingly', async () => {
    const token = (await ok('token', 'create', name, '--role', 'reader')).trim();
    expect(await ok('token', 'disable', name)).toMatch(/ is disabled, .* from revision \d+\n$/);
    expect(await admitted(token)).toBe(5);
    expect(await ok('token', 'show', name)).toMatch(/\nstate +disabled\n/);
    expect(await json('token', 'enable', name)).toEqual({
      ...{ token: name, revision: expect.any(Number) },
    });
    expect(await admitted(token)).toBe(0);
    expect(await ok('token', 'rm', name)).toContain(' is removed, ');
    expect(await admitted(token)).toBe(5);
    expect(await scene.run(['token', 'show', name])).toMatchObject({ exitCode: 3, out: '' });
  });
});
