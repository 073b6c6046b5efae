import { createServer, type Server } from '@confer/server';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { confer, freePort, type Program, serve, startConfer } from '../support/process.ts';

let server: Server;
beforeAll(async () => {
  server = await createServer({ engine: 'memory', port: 0 });
});
afterAll(() => server.close());

const running: Program[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((program) => program.kill()));
  await confer(['rm', '-r', '/', '--all', '-y', '-q'], { url: server.url });
});

function wait(...args: readonly string[]): Program {
  const program = startConfer(['wait', ...args], { url: server.url });
  running.push(program);
  return program;
}

/** Resolves once that many watch. */
const watched = (count: number) =>
  expect.poll(() => server.status().watches, { timeout: 15_000 }).toBe(count);

async function set(path: string, value: string): Promise<number> {
  const { stdout } = await confer(['set', path, value, '-o', 'raw'], { url: server.url });
  return Number(stdout);
}

describe('confer wait', () => {
  it('prints the value that a path has or gets', async () => {
    const waiting = wait('/svc/ready');
    await watched(1);
    await set('/svc/ready/below', 'no');
    await set('/svc/ready', 'now');
    expect(await waiting.finished).toEqual({ code: 0, stdout: 'now\n', stderr: '' });
    expect(await wait('/svc/ready', '-o', 'raw').finished).toMatchObject({ stdout: 'now' });
  });

  it('waits with --value for that one, even where it is there for a moment only', async () => {
    await set('/svc/phase', 'one');
    const waiting = wait('/svc/phase', '--value', 'two');
    await watched(1);
    await Promise.all([set('/svc/phase', 'twofold'), set('/svc/phase', 'two')]);
    await set('/svc/phase', 'three');
    expect(await waiting.finished).toMatchObject({ code: 0, stdout: 'two\n' });
  });

  it('waits with --gone until there is none, and prints nothing', async () => {
    await set('/svc/lock', 'held');
    const waiting = wait('/svc/lock', '--gone');
    await watched(1);
    await confer(['rm', '/svc/lock'], { url: server.url });
    expect(await waiting.finished).toMatchObject({ code: 0, stdout: '' });
  });

  it('takes with --revision no state before that one', async () => {
    const revision = await set('/svc/a', 'old');
    const waiting = wait('/svc/a', '--revision', `${revision + 2}`);
    await watched(1);
    await set('/svc/a', 'before');
    await set('/svc/a', 'then');
    expect(await waiting.finished).toMatchObject({ code: 0, stdout: 'then\n' });
    const now = wait('/svc/a', '--revision', `${revision + 1}`);
    expect(await now.finished).toMatchObject({ code: 0, stdout: 'then\n' });
  });

  it('ends with 6 after --timeout, and says what it missed', async () => {
    await set('/svc/a', 'x');
    const { code, stdout, stderr } = await wait('/svc/a', '--value', 'y', '--timeout', '300ms')
      .finished;
    expect(stderr).toMatch(
      /^error\[timeout\]: \/svc\/a has no such value after --timeout\nhint: .* get \/svc\/a says/,
    );
    expect({ code, stdout }).toEqual({ code: 6, stdout: '' });
    const nobody = startConfer(['wait', '/a', '--timeout', '300ms', '-q'], {
      url: 'http://127.0.0.1:1',
    });
    expect(await nobody.finished).toMatchObject({
      code: 6,
      stderr: expect.stringMatching(/^error\[unavailable\]: no connection .*\nhint: is a server/),
    });
  });

  it('waits for a server that is not there yet, and through its restart', async () => {
    const port = await freePort();
    const waiting = startConfer(['wait', '/svc/a'], { url: `http://127.0.0.1:${port}` });
    running.push(waiting);
    await waiting.saw(({ stderr }) => stderr.includes('trying again') || undefined);
    const first = await serve(['--memory'], port);
    await waiting.saw(({ stderr }) => stderr.includes('connected to') || undefined);
    await first.program.kill();
    await waiting.saw(({ stderr }) => /connection to \S+ lost/.test(stderr) || undefined);
    const second = await serve(['--memory'], port);
    running.push(second.program);
    await confer(['set', '/svc/a', 'late'], { url: second.url });
    expect(await waiting.finished).toMatchObject({ code: 0, stdout: 'late\n' });
  });

  it('is ended by a signal: 143', async () => {
    const waiting = wait('/svc/never');
    await watched(1);
    expect(await waiting.kill('SIGTERM')).toEqual({ code: 143, stdout: '', stderr: '' });
  });
});
