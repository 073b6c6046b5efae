import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connect } from '@confer/client';
import { newTokenText } from '@confer/server';
import { afterAll, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { confer, freePort, type Program, serve, withDirectory } from '../support/process.ts';
import { canMakeTerminals, Pty } from '../support/pty.ts';

const CLI = fileURLToPath(new URL('../../cli/dist/main.js', import.meta.url));
const SOON = { timeout: 10_000, interval: 20 };
const running: Program[] = [];
afterAll(async () => {
  await Promise.all(running.splice(0).map((program) => program.kill()));
});

async function started(args: readonly string[]) {
  const server = await serve(['--log-format', 'auto', ...args]);
  running.push(server.program);
  return server;
}

type Said = Readonly<Record<string, unknown>>;

/** All lines, each of which has to be JSON. */
function linesOf({ stderr }: Pick<Program, 'stderr'>): Said[] {
  const whole = stderr.slice(0, stderr.lastIndexOf('\n') + 1);
  return whole.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)]));
}

/** Sends a frame that no client sends, and waits until the server has ended that. */
async function misbehave(url: string): Promise<void> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/v1`, 'confer.v1');
  await once(socket, 'open');
  socket.send('nonsense');
  await once(socket, 'close');
}

it('is lines of JSON where no terminal reads it: one for each event of its life, and repeats counted', async () => {
  const { program, url } = await started(['--memory']);
  for (let i = 0; i < 25; i++) await misbehave(url);
  const { code, stdout } = await program.kill('SIGTERM');
  expect([code, stdout]).toEqual([0, `${url}\n`]);
  const lines = linesOf(program);
  for (const { level, time, msg } of lines) {
    expect(['debug', 'info', 'warn', 'error']).toContain(level);
    expect(new Date(String(time)).toISOString()).toBe(time);
    expect(msg).toEqual(expect.any(String));
  }
  const ofLife = lines.filter(({ msg }) => /^(listening|stopping|stopped)$/.test(String(msg)));
  expect(ofLife).toMatchObject([
    { msg: 'listening', level: 'info', url, engine: 'memory' },
    { msg: 'stopping', reason: 'SIGTERM' },
    { msg: 'stopped' },
  ]);
  const ended = lines.filter(({ code }) => code === 'bad_message');
  expect(ended).toHaveLength(11);
  expect(ended.at(-1)).toMatchObject({ repeats: 15, msg: expect.stringContaining('15 more') });
});

it('says more from the next reload on, where its level says so', async () => {
  await withDirectory(async (directory) => {
    const file = join(directory, 'confer.yaml');
    writeFileSync(file, 'engine: memory\n');
    const { program, url } = await started(['--config', file]);
    await confer(['ls', '/'], { url });
    writeFileSync(file, 'engine: memory\nlog: { level: debug }\n');
    program.child.kill('SIGHUP');
    await program.saw(({ stderr }) => stderr.includes('read again') || undefined);
    expect(linesOf(program).filter(({ level }) => level === 'debug')).toEqual([]);
    await confer(['ls', '/'], { url });
    await program.saw(({ stderr }) => stderr.includes('connection closed') || undefined);
    const debug = linesOf(program).filter(({ level }) => level === 'debug');
    expect(debug).toMatchObject([
      { msg: 'connection opened', client: expect.stringContaining('@') },
      { msg: 'connection closed', session: debug[0]?.session },
    ]);
  });
});

it('has no secret and no value in it, at any level and however wrong they were used', async () => {
  await withDirectory(async (directory) => {
    const root = newTokenText();
    const tokenFile = join(directory, 'root.token');
    writeFileSync(tokenFile, root, { mode: 0o600 });
    const args = ['--auth', 'on', '--bootstrap-token-file', tokenFile, '--memory'];
    const { program, url } = await started([...args, '--log-level', 'debug']);
    const client = connect(url, { token: root, client: { name: `name-${root}` } });
    await client.set('/app/key', 'canary-value');
    await client.close();
    const wrong = `${root.slice(0, -1)}${root.endsWith('a') ? 'b' : 'a'}`;
    const stranger = connect(url, { token: wrong });
    await vi.waitFor(() => expect(stranger.status).toHaveProperty('refused'), SOON);
    await stranger.close();
    await fetch(`${url}/v1?token=${root}`, { headers: { authorization: `Bearer ${root}` } });
    await misbehave(url);
    await confer(['serve', '--listen', root, '--data', root], { env: { CONFER_ISSUERS: root } });
    await program.kill('SIGTERM');
    const lines = linesOf(program);
    expect(lines.filter(({ msg }) => msg === 'connection opened')).toHaveLength(1);
    expect(lines.filter(({ code }) => code === 'unauthenticated').length).toBeGreaterThan(0);
    expect(program.stderr).not.toContain(root.slice(17));
    expect(program.stderr).not.toContain('canary-value');
    // A mistake on the command line repeats no token either.
    const mistaken = await confer(['serve', '--listen', root, '--data', root]);
    expect(mistaken.code).toBe(2);
    expect(mistaken.stderr).not.toContain(root.slice(17));
  });
});

it('serves, and ends, while nobody reads what it says', async () => {
  const port = await freePort();
  const serving = `${process.execPath} ${CLI} serve --memory --listen 127.0.0.1:${port}`;
  // The pipe is full before the server says a word.
  const child = spawn('/bin/sh', ['-c', `head -c 1000000 /dev/zero >&2 & exec ${serving}`], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH ?? '' },
  });
  await once(child.stdout, 'data');
  const url = `http://127.0.0.1:${port}`;
  for (let i = 0; i < 15; i++) await misbehave(url);
  expect((await confer(['set', '/a', '1'], { url })).code).toBe(0);
  expect((await confer(['get', '/a', '-o', 'raw'], { url })).stdout).toBe('1');
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
  child.stderr.destroy();
});

it('goes on serving, and ends in order, when its reader is gone', async () => {
  await withDirectory(async (directory) => {
    const port = await freePort();
    const data = join(directory, 'data');
    const args = ['serve', '--data', data, '--audit', 'best-effort'];
    const child = spawn(process.execPath, [CLI, ...args, '--listen', `127.0.0.1:${port}`], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH ?? '' },
    });
    await once(child.stdout, 'data');
    child.stderr.destroy();
    const url = `http://127.0.0.1:${port}`;
    for (let i = 0; i < 3; i++) await misbehave(url);
    expect((await confer(['set', '/a', '1'], { url })).code).toBe(0);
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
    const audit = await confer(['audit', '--data', data, '-o', 'ndjson']);
    expect(audit.stdout).toContain('"event":"stop"');
  });
});

it('says in a line of its own what ends it unexpectedly', async () => {
  // Once it serves, which it says on stdout.
  const code = `const { stdout } = process;
    const write = stdout.write.bind(stdout);
    stdout.write = (...said) => {
      setTimeout(() => { throw new Error('what nobody expected'); });
      return write(...said);
    };`;
  const preload = `--import data:text/javascript,${encodeURIComponent(code)}`;
  const args = ['serve', '--memory', '--listen', `127.0.0.1:${await freePort()}`];
  const { code: exitCode, stderr } = await confer(args, { env: { NODE_OPTIONS: preload } });
  expect(exitCode).not.toBe(0);
  const lines = stderr.split('\n').filter((line) => line.startsWith('{"'));
  expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({
    level: 'error',
    msg: 'this is a bug in confer',
    error: expect.stringContaining('what nobody expected'),
  });
});

it.skipIf(!canMakeTerminals)(
  'is text for people on a terminal (skipped without script of util-linux)',
  async () => {
    const port = await freePort();
    const at = `--memory --listen 127.0.0.1:${port}`;
    const terminal = new Pty(`${process.execPath} ${CLI} serve ${at}`, {});
    await terminal.saw('and to see changes live:');
    await misbehave(`http://127.0.0.1:${port}`);
    await terminal.saw(' warn connection ended ');
    terminal.type('\u0003');
    await terminal.saw('stopping');
    expect(await terminal.ended).toBe(0);
    expect(terminal.output).toContain(`confer 0.1.0 listens on http://127.0.0.1:${port}`);
    expect(terminal.output).not.toContain('{"');
  },
);
