import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { confer, type Finished, Program, serve, withDirectory } from '../support/process.ts';

const CLI = new URL('../../cli/dist/main.js', import.meta.url).pathname;

/** Commands against one server, and all that they and it have said. */
function talkTo(said: Finished[]) {
  return async (url: string, file: string, ...args: readonly string[]) => {
    const finished = await confer([...args, '--token-file', file], { url });
    said.push(finished);
    return finished;
  };
}

async function stopped(program: Program): Promise<Finished> {
  program.child.kill('SIGTERM');
  return program.finished;
}

/** Waits until a program has said something on stderr. */
async function heard(program: Program, text: string): Promise<void> {
  await program.saw(({ stderr }) => (stderr.includes(text) ? true : undefined));
}

const secretOf = (file: string) => readFileSync(file, 'utf8').trim().slice(17);

describe('data that rights guard', () => {
  test('are for nobody else on the machine, or that is said', () =>
    withDirectory(async (directory) => {
      const data = join(directory, 'new', 'data');
      const first = await serve(['--auth', 'on', '--data', data]);
      onTestFinished(async () => void (await first.program.kill()));
      expect(statSync(data).mode & 0o777).toBe(0o700);
      const quiet = await stopped(first.program);
      expect(quiet.stderr).not.toContain('every user');
      chmodSync(data, 0o755);
      const second = await serve(['--auth', 'on', '--data', data]);
      onTestFinished(async () => void (await second.program.kill()));
      await heard(second.program, `every user of this machine can look into ${data}: chmod o= `);
      await stopped(second.program);
    }));
});

describe('the first admin of a store', () => {
  test('is made once, by the token in a file that only its owner can read (attack 34, attack 20)', () =>
    withDirectory(async (directory) => {
      const data = join(directory, 'data');
      const file = join(data, 'bootstrap-token');
      const root = join(directory, 'root.token');
      const said: Finished[] = [];
      const run = talkTo(said);
      const first = await serve(['--auth', 'on', '--data', data]);
      onTestFinished(async () => void (await first.program.kill()));
      expect(statSync(file).mode & 0o777).toBe(0o600);
      const canary = secretOf(file);
      await heard(
        first.program,
        `token create root --role admin --out root.token --token-file ${file}`,
      );

      const copy = join(directory, 'copy.token');
      writeFileSync(copy, readFileSync(file), { mode: 0o600 });
      expect(await run(first.url, file, 'get', '/a')).toMatchObject({ code: 5 });
      const weak = await run(first.url, file, 'token', 'create', 'weak', '--role', 'nothing');
      expect(weak).toMatchObject({ code: 7, stdout: '' });
      const made = await run(
        first.url,
        file,
        'token',
        'create',
        'root',
        '--role',
        'admin',
        '--out',
        root,
      );
      expect(made.stderr).toMatch(/^token root \(\w{12}\), of admin, expires /);
      expect(made).toMatchObject({ code: 0, stdout: '' });
      await vi.waitFor(() => expect(existsSync(file)).toBe(false));
      const again = await run(first.url, copy, 'token', 'create', 'eve', '--role', 'admin');
      expect(again).toMatchObject({ code: 5, stdout: '' });
      expect((await run(first.url, root, 'whoami')).stdout).toContain('allow      all:/\n');
      said.push(await stopped(first.program));

      const second = await serve(['--auth', 'on', '--data', data]);
      onTestFinished(async () => void (await second.program.kill()));
      expect(existsSync(file)).toBe(false);
      await heard(second.program, 'commands take --token-file FILE, or CONFER_TOKEN');
      expect(second.program.stderr).not.toContain('token create');
      expect(await run(second.url, root, 'set', '/a', '1')).toMatchObject({ code: 0 });
      expect(await run(second.url, copy, 'get', '/a')).toMatchObject({ code: 5 });
      expect((await run(second.url, root, 'get', '/a', '-o', 'json')).stdout).toContain(
        '"updatedBy": "root"',
      );
      said.push(await stopped(second.program));
      const everything = JSON.stringify(said);
      for (const secret of [canary, secretOf(root)]) expect(everything).not.toContain(secret);
    }));

  test('is the one whose token the operator hands in, also at every later start', () =>
    withDirectory(async (directory) => {
      const [data, own] = [join(directory, 'data'), join(directory, 'own.token')];
      expect(await confer(['token', 'generate', '--out', own])).toMatchObject({ code: 0 });
      const args = ['--auth', 'on', '--data', data, '--bootstrap-token-file', own];
      const said: Finished[] = [];
      for (let starts = 0; starts < 2; starts++) {
        const { program, url } = await serve(args);
        onTestFinished(async () => void (await program.kill()));
        expect(existsSync(join(data, 'bootstrap-token'))).toBe(false);
        const who = await talkTo(said)(url, own, 'whoami');
        expect(who.stdout).toMatch(/^principal +operator\n/);
        said.push(await stopped(program));
      }
      expect(JSON.stringify(said)).not.toContain(secretOf(own));
    }));

  test('has to be brought along where there is no directory to leave a token in (attack 39)', () =>
    withDirectory(async (directory) => {
      const start = (...args: string[]) =>
        new Program(CLI, ['serve', '--memory', '--auth', 'on', '--listen', '127.0.0.1:0', ...args]);
      const { code, stdout, stderr } = await start().finished;
      expect({ code, stdout }).toEqual({ code: 5, stdout: '' });
      expect(stderr).toContain('error[refused]');
      expect(stderr).toContain('confer token generate');
      expect(stderr).toContain('--bootstrap-token-file');
      const seen = join(directory, 'seen.token');
      writeFileSync(seen, 'cfr_', { mode: 0o644 });
      const open = await start('--bootstrap-token-file', seen).finished;
      expect(open).toMatchObject({ code: 7, stdout: '' });
      expect(open.stderr).toContain(`chmod 600 ${seen}`);
    }));

  test('can be made anew by who has the directory, while nobody serves it', () =>
    withDirectory(async (directory) => {
      const [data, root] = [join(directory, 'data'), join(directory, 'root.token')];
      const first = await serve(['--auth', 'on', '--data', data]);
      onTestFinished(async () => void (await first.program.kill()));
      const recover = ['token', 'recover', '--data', data, '--name', 'rescue', '--out', root];
      const locked = await confer(recover);
      expect(locked).toMatchObject({ code: 2, stdout: '' });
      expect(locked.stderr).toContain('is in use by another process');
      expect(existsSync(root)).toBe(false);
      await stopped(first.program);
      const recovered = await confer(recover);
      expect(recovered).toMatchObject({ code: 0, stdout: '' });
      expect(recovered.stderr).toContain('WARNING: rescue (');
      expect(recovered.stderr).not.toContain(secretOf(root));
      const second = await serve(['--auth', 'on', '--data', data]);
      onTestFinished(async () => void (await second.program.kill()));
      expect(existsSync(join(data, 'bootstrap-token'))).toBe(false);
      const who = await talkTo([])(second.url, root, 'whoami');
      expect(who.stdout).toMatch(/^principal +rescue\n/);
    }));
});

test('a server on this machine needs neither rights nor a token, as before', () =>
  withDirectory(async (directory) => {
    const data = join(directory, 'data');
    const { program, url } = await serve(['--data', data]);
    onTestFinished(async () => void (await program.kill()));
    expect(existsSync(join(data, 'bootstrap-token'))).toBe(false);
    await heard(program, 'set /greeting hello');
    expect(await confer(['set', '/greeting', 'hello'], { url })).toMatchObject({ code: 0 });
    expect(await confer(['get', '/greeting'], { url })).toMatchObject({
      code: 0,
      stdout: 'hello\n',
    });
  }));
