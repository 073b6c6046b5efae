import { type Client, connect } from '@confer/client';
import { createServer, type Server } from '@confer/server';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { freePort, type Program } from '../support/process.ts';
import { CHILD, Execs, isRunning, said, started, startedAs } from './exec-scene.ts';

let server: Server;
let client: Client;
beforeAll(async () => {
  server = await createServer({ engine: 'memory', port: 0 });
  client = connect(server.url);
});
afterAll(async () => {
  await client.close();
  await server.close();
});

const execs = new Execs();
beforeEach(async () => {
  await set('/svc/http/port', '80');
  await set('/svc/name', 'orders');
});
afterEach(async () => {
  await execs.end();
  await client.remove('/', { recursive: true });
});

const set = (path: string, value: string) => client.set(path, value);
const exec = (args: readonly string[], command: readonly string[], url = server.url) =>
  execs.start(url, args, command);
/** The debounce is short, as nobody here changes much at a time. */
const follow = (...args: readonly string[]): Program =>
  execs.start(server.url, ['/svc', '--debounce', '20ms:2s', ...args]);
/** Writes, and resolves once another program, as patient as those of the tests, was started again for it. */
async function settled(path: string, value: string): Promise<void> {
  const other = exec(['/tick', '--debounce', '20ms:2s'], CHILD);
  await startedAs(other, 1);
  await client.commit({
    operations: [path, '/tick/name'].map((each) => ({ type: 'put', path: each, value })),
  });
  await startedAs(other, 2);
}

const STUBBORN = [...CHILD, 'stubborn'];

describe('what confer exec gives to a program', () => {
  it('is the variables of the subtrees, of which later ones win, over its own', async () => {
    await set('/defaults/http/port', '1');
    await set('/defaults/motd', `it's\n"$HOME"`);
    await set('/svc/zip', '"8080"');
    const script = 'printf "%s|" "$HTTP_PORT" "$MOTD" "$ZIP" "$CONFER_URL"';
    const { stdout, code } = await exec(['/defaults', '/svc'], ['sh', '-c', script]).finished;
    expect(stdout).toBe(`80|it's\n"$HOME"|8080|${server.url}|`);
    expect(code).toBe(0);
  });

  it('is with --pristine nothing else but PATH and HOME', async () => {
    const { stdout } = await exec(['/svc', '--pristine'], ['env']).finished;
    const names = stdout.split('\n').map((line) => line.split('=')[0]);
    expect(names.filter((name) => !/^(PATH|HOME|)$/.test(name ?? ''))).toEqual([
      'HTTP_PORT',
      'NAME',
    ]);
  });

  it('is said to be nothing where the path was mistyped', async () => {
    const { stderr } = await exec(['/scv'], ['true']).finished;
    expect(stderr).toContain('warning: there is nothing at or below /scv\n');
  });

  it.each([
    ['a NUL', 'a\0b', /error\[invalid_data\]: \/svc\/bad holds a NUL/],
    [
      'more than the system takes',
      'x'.repeat(200_000),
      /error\[too_large\]: \S+ cannot be started .*\nhint: Linux/,
    ],
  ])('is refused at the start where a value is %s: exit 7', async (_, value, message) => {
    await set('/svc/bad', value);
    const { code, stdout, stderr } = await exec(['/svc'], CHILD).finished;
    expect(stderr).toMatch(message);
    expect({ code, stdout }).toEqual({ code: 7, stdout: '' });
  });
});

describe('confer exec ends', () => {
  it.each([
    ['with the exit code of the program', ['sh', '-c', 'exit 3'], 3, ''],
    ['with 128 and the number of the signal that ended it', ['sh', '-c', 'kill -9 $$'], 137, ''],
    ['with 127 where the program is not there', ['no-such-program'], 127, 'error[command]'],
    ['with 126 where it is no program', ['/'], 126, 'error[command]'],
  ])('%s', async (_, command, expected, message) => {
    const { code, stderr } = await exec(['/svc'], command).finished;
    expect(stderr).toContain(message);
    expect(code).toBe(expected);
  });

  it('when the program does, which is not started again for a later change', async () => {
    const program = exec(['/svc', '--debounce', '20ms'], ['sh', '-c', 'echo once; exit 4']);
    expect(await program.finished).toMatchObject({ code: 4, stdout: 'once\n' });
  });

  it('without starting anything when it is asked to while it waits for the server: 143', async () => {
    const program = exec(['/svc'], ['echo', 'no'], `http://127.0.0.1:${await freePort()}`);
    await said(program, 'trying again');
    expect(await program.kill('SIGTERM')).toMatchObject({ code: 143, stdout: '' });
  });

  it('with 6 where the server does not come within --timeout', async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    const { code, stderr } = await exec(['/svc', '--timeout', '300ms'], ['true'], url).finished;
    expect(stderr).toMatch(/error\[unavailable\].*\nhint: is a server running/);
    expect(code).toBe(6);
  });
});

describe('a change', () => {
  it('starts the program again with the new values, once for many changes', async () => {
    const program = follow('--debounce', '300ms:5s');
    const first = await startedAs(program, 1);
    await Promise.all(['81', '82', '83'].map((port) => set('/svc/http/port', port)));
    const second = await startedAs(program, 2);
    expect(program.stdout).toContain(`${first} got SIGTERM\n`);
    expect(program.stdout).toContain(`${second} started port=83 name=orders\n`);
    expect(started(program)).toHaveLength(2);
    expect(isRunning(first)).toBe(false);
  });

  it('that leaves the environment as it was does nothing', async () => {
    const program = follow();
    await startedAs(program, 1);
    await settled('/svc/name', '"orders"');
    await set('/svc/http/port', '81');
    await startedAs(program, 2);
    expect(program.stderr.match(/values changed/g)).toHaveLength(1);
  });

  it('is a signal with --on-change, and the program goes on', async () => {
    const program = follow('--on-change', 'hup');
    const pid = await startedAs(program, 1);
    await set('/svc/http/port', '81');
    await said(program, `${pid} got SIGHUP`);
    await set('/svc/http/port', '82');
    await said(program, /(got SIGHUP\n[\s\S]*){2}/);
    expect(started(program)).toEqual([pid]);
  });

  it('does nothing with --once, not even where the server goes away', async () => {
    const program = exec(['/svc', '--once'], CHILD);
    const pid = await startedAs(program, 1);
    await expect.poll(() => server.status().connections, { timeout: 15_000 }).toBe(1);
    await set('/svc/http/port', '81');
    process.kill(pid, 'SIGUSR1');
    await said(program, 'got SIGUSR1');
    expect(started(program)).toEqual([pid]);
    expect((await program.kill('SIGTERM')).stderr).toBe('');
  });

  it('kills a program that does not end within --stop-timeout, and starts it again', async () => {
    const program = exec(['/svc', '--debounce', '20ms', '--stop-timeout', '300ms'], STUBBORN);
    const first = await startedAs(program, 1);
    await set('/svc/http/port', '81');
    await startedAs(program, 2);
    expect(program.stderr).toContain('the program does not end; killing it\n');
    expect(isRunning(first)).toBe(false);
    process.kill(started(program)[1] ?? 0, 'SIGKILL');
    expect((await program.finished).code).toBe(137);
  });

  it('that comes with a bad value is said once, and the next good one counts', async () => {
    const program = follow();
    const pid = await startedAs(program, 1);
    await set('/svc/bad', 'a\0b');
    await said(program, 'warning: /svc/bad holds a NUL');
    await settled('/svc/http/port', '81');
    await set('/svc/name', 'x'.repeat(200_000));
    await set('/svc/bad', 'good');
    await said(program, 'warning: ');
    await said(program, 'E2BIG');
    expect(started(program)).toEqual([pid]);
    await set('/svc/name', 'new');
    await startedAs(program, 2);
    expect(program.stdout).toContain('started port=81 name=new\n');
    expect(program.stderr.match(/holds a NUL/g)).toHaveLength(1);
  });
});

describe('a signal to confer exec', () => {
  it('goes to the program, which decides what it means', async () => {
    const program = follow();
    const pid = await startedAs(program, 1);
    for (const signal of ['SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGQUIT', 'SIGINT'] as const) {
      program.child.kill(signal);
      await said(program, `${pid} got ${signal}`);
    }
    expect(await program.kill('SIGTERM')).toMatchObject({ code: 0 });
    expect(isRunning(pid)).toBe(false);
  });

  it('that asks for the end amid a restart is the end, and leaves nothing running', async () => {
    const program = exec(['/svc', '--debounce', '20ms', '--stop-timeout', '2s'], STUBBORN);
    const pid = await startedAs(program, 1);
    await set('/svc/http/port', '81');
    await said(program, 'got SIGTERM');
    const { code } = await program.kill('SIGTERM');
    expect(code).toBe(137);
    expect(started(program)).toEqual([pid]);
    expect(isRunning(pid)).toBe(false);
  });

  it('that asked for the end keeps later changes from starting the program again', async () => {
    const program = exec(['/svc', '--debounce', '20ms', '--stop-timeout', '200ms'], STUBBORN);
    const pid = await startedAs(program, 1);
    program.child.kill('SIGTERM');
    await said(program, 'got SIGTERM');
    await set('/svc/http/port', '81');
    process.kill(pid, 'SIGUSR1');
    await said(program, 'got SIGUSR1');
    process.kill(pid, 'SIGKILL');
    expect((await program.finished).code).toBe(137);
    expect(program.stderr).not.toContain('values changed');
  });
});

it('a program goes on where nobody reads what confer exec says', async () => {
  const program = follow();
  const first = await startedAs(program, 1);
  program.child.stderr?.destroy();
  await set('/svc/http/port', '81');
  const second = await startedAs(program, 2);
  await set('/svc/http/port', '82');
  const third = await startedAs(program, 3);
  expect(new Set([first, second, third]).size).toBe(3);
  expect(await program.kill('SIGTERM')).toMatchObject({ code: 0 });
});
