import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type GuardedScene, startGuardedServer } from '../scene.contract.ts';

let scene: GuardedScene;
const fileOf = (name: string) => join(scene.directory, `${name}.token`);

/** Makes a token that may do this. */
async function made(name: string, ...allow: readonly string[]): Promise<void> {
  const grants = allow.flatMap((grant) => ['--allow', grant]);
  expect(await scene.run(['role', 'set', name, ...grants])).toMatchObject({ exitCode: 0 });
  const token = ['token', 'create', name, '--role', name, '--expires', 'never'];
  expect(await scene.run([...token, '--out', fileOf(name)])).toMatchObject({ exitCode: 0 });
}

beforeAll(async () => {
  scene = await startGuardedServer();
  const first = fileOf('root');
  await scene.run([
    'token',
    'create',
    'root',
    '--role',
    'admin',
    '--expires',
    'never',
    '--out',
    first,
  ]);
  const { run } = scene;
  scene = { ...scene, run: (args, around = {}) => run(args, { as: first, ...around }) };
  await made('reader', 'read:/');
  await made('shop', 'operate:/shop');
});
afterAll(() => scene.close());

test.each([
  [['sessions'], 'may not operate all of /'],
  [['sessions', '/shop'], 'may not operate all of /shop'],
  [['top', '-n', '1'], 'may not operate all of /'],
  [['bench', '--duration', '1s'], 'may not write /confer-bench/'],
])('who may only read is refused %j in one line: exit 5', async (args, problem) => {
  const { exitCode, out, err } = await scene.run(args, { as: fileOf('reader') });
  expect({ exitCode, out }).toEqual({ exitCode: 5, out: '' });
  expect(err).toContain(`error[forbidden]: reader ${problem}`);
});

test('who operates a subtree sees its sessions, and not those of everything', async () => {
  const as = fileOf('shop');
  expect(await scene.run(['sessions', '/shop'], { as })).toMatchObject({ exitCode: 0 });
  expect(await scene.run(['sessions', '/'], { as })).toMatchObject({ exitCode: 5 });
  const { out } = await scene.run(['sessions', '--principal', 'root']);
  expect(out).toMatch(/^1 session at .*\nNAME .*\ntester .* root /);
});
