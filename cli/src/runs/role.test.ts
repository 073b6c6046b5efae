import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { confer, type GuardedScene, startGuardedServer } from '../scene.contract.ts';

let scene: GuardedScene;
beforeAll(async () => {
  scene = await startGuardedServer();
});
afterAll(() => scene.close());

/** Runs a command that must succeed; its stdout. */
const ok = async (...args: readonly string[]) => {
  const ran = await scene.run(args);
  expect(ran.exitCode, ran.err).toBe(0);
  return ran.out;
};
const json = async (...args: readonly string[]) => JSON.parse(await ok(...args, '-o', 'json'));

describe('a role', () => {
  test('is set as a whole, shown as it is set, listed and removed', async () => {
    const grants = ['--allow', 'read,write:/shop', '--allow', 'all:/lab', '--deny', 'read:/shop/s'];
    const said = await ok('role', 'set', 'dev', ...grants, '--note', 'the team');
    expect(said).toMatch(/^role dev holds from revision \d+\n$/);
    expect(await ok('role', 'show', 'dev')).toBe(
      `name   dev
allow  read,write:/shop
allow  all:/lab
deny   read:/shop/s
note   the team
`,
    );
    expect(await json('role', 'show', 'dev')).toEqual({
      name: 'dev',
      allow: [
        { verbs: ['read', 'write'], on: '/shop' },
        { verbs: ['read', 'write', 'release', 'operate', 'admin'], on: '/lab' },
      ],
      deny: [{ verbs: ['read'], on: '/shop/s' }],
      note: 'the team',
    });
    expect(await json('role', 'set', 'dev', '--allow', 'read:/shop/')).toEqual({
      ...{ name: 'dev', revision: expect.any(Number) },
    });
    expect(await ok('role', 'show', 'dev')).toBe('name   dev\nallow  read:/shop\n');
    expect(await ok('role', 'ls')).toMatch(/^NAME .*\nadmin +all:\/ .*\ndev +read:\/shop +- +-\n$/);
    expect(await ok('role', 'ls', '-o', 'raw')).toBe('admin\ndev\n');
    expect((await ok('role', 'ls', '-o', 'ndjson')).trim().split('\n')).toHaveLength(2);
    expect(await ok('role', 'rm', 'dev')).toMatch(/^role dev gives nothing any more/);
    expect(await json('role', 'ls')).toMatchObject({ roles: [{ name: 'admin' }] });
  });

  test('that is not there is exit 3 where it is shown, and exit 7 where it is removed', async () => {
    expect(await scene.run(['role', 'show', 'none'])).toMatchObject({
      ...{ exitCode: 3, out: '', err: expect.stringContaining('hint: confer role ls') },
    });
    expect(await scene.run(['role', 'rm', 'none'])).toMatchObject({
      ...{ exitCode: 7, err: 'error[invalid_value]: there is no role none\n' },
    });
  });

  test('admin is nobody’s to change: exit 5, with what helps', async () => {
    const { exitCode, err } = await scene.run(['role', 'set', 'admin', '--allow', 'read:/']);
    expect(exitCode).toBe(5);
    expect(err).toContain('error[forbidden]: the role admin is built in');
    expect(err).toContain('hint: confer whoami says what you may do');
  });

  test.each([
    [['--allow', 'read'], 2, 'a grant is VERB[,VERB]:/SUBTREE'],
    [['--allow', 'peek:/shop'], 2, '"peek" is no verb; the verbs are read, write'],
    [['--deny', 'read,:/shop'], 2, '"" is no verb'],
    [['--allow', 'read:shop'], 7, 'hint: did you mean /shop ?'],
    [[], 2, 'give --allow or --deny'],
  ])('of %j is refused without asking the server: exit %i', async (args, exitCode, problem) => {
    const ran = await confer(['role', 'set', 'x', ...args, '--url', 'http://127.0.0.1:1']);
    expect(ran).toMatchObject({ exitCode, out: '', err: expect.stringContaining(problem) });
  });
});

test('a command without its verb teaches: exit 2, nothing on stdout', async () => {
  for (const name of ['role', 'token', 'auth']) {
    const { exitCode, out, err } = await confer([name]);
    expect({ exitCode, out }).toEqual({ exitCode: 2, out: '' });
    expect(err).toContain(`Usage: confer ${name} [options] COMMAND`);
  }
  expect((await confer(['help', 'role', 'set'])).out).toContain('confer role set shop-writer');
});
