import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from '@confer/client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isFull } from '../support/extent.ts';
import { confer, type Program, serve, startConfer } from '../support/process.ts';
import { scratchDirectory } from '../support/scratch.ts';
import { CHILD, isRunning, said } from './exec-scene.ts';

const scratch = scratchDirectory();
let server: Awaited<ReturnType<typeof serve>>;
const running: Program[] = [];
beforeEach(async () => {
  server = await serve(['--data', join(scratch.path, 'data')]);
});
afterEach(async () => {
  for (const program of running.splice(0)) {
    for (const pid of started(program)) if (isRunning(pid)) process.kill(pid, 'SIGKILL');
    await program.kill();
  }
  await server.program.kill();
});

function started({ stdout }: Program): number[] {
  return [...stdout.matchAll(/^(\d+) started/gm)].map(([, pid]) => Number(pid));
}

function start(...args: readonly string[]): Program {
  const program = startConfer(args, { url: server.url });
  running.push(program);
  return program;
}
const lock = (args: readonly string[], command: readonly string[] = CHILD) =>
  start('lock', 'l', '--ttl', '2s', ...args, '--', ...command);
const run = (...args: readonly string[]) => confer(args, { url: server.url });

/** Appends what the program does with the resource of the lock, by its token. */
function worker(log: string): string[] {
  const work = 'for i in 1 2 3 4 5; do echo "$CONFER_FENCING_TOKEN" >> "$0"; sleep 0.05; done';
  return ['sh', '-c', work, log];
}

describe('confer lock', () => {
  it('runs one program at a time, each with a higher token, and ends as they do', async () => {
    const log = join(scratch.path, 'log');
    const all = [0, 1, 2, 3].map(() => lock([], worker(log)));
    for (const program of all) expect((await program.finished).code).toBe(0);
    const tokens = readFileSync(log, 'utf8').trim().split('\n').map(Number);
    expect(tokens).toHaveLength(20);
    expect(tokens).toEqual([...tokens].sort((a, b) => a - b));
    expect(new Set(tokens).size).toBe(4);
    expect((await lock([], ['sh', '-c', 'exit 9']).finished).code).toBe(9);
    expect((await run('lock', 'l', '--show')).stdout).toBe('nobody holds l\n');
  });

  it('does not wait longer than --wait, and says who holds it', async () => {
    const holder = lock(['--about', 'release 12']);
    await said(holder, ' started');
    const { code, stderr, stdout } = await lock(['--wait', '0'], ['touch', join(scratch.path, 'x')])
      .finished;
    expect({ code, stdout }).toEqual({ code: 4, stdout: '' });
    expect(stderr).toContain('error[lock_held]: somebody else holds the lock l');
    expect(existsSync(join(scratch.path, 'x'))).toBe(false);
    expect((await lock(['--wait', '300ms'], ['true']).finished).code).toBe(4);
    const { holder: shown, waiting } = JSON.parse(
      (await run('lock', 'l', '--show', '-o', 'json')).stdout,
    );
    expect(shown).toMatchObject({ value: 'release 12' });
    expect(waiting).toEqual([]);
    holder.child.kill('SIGTERM');
    expect((await holder.finished).code).toBe(0);
    expect((await run('lock', 'l', '--show')).stdout).toBe('nobody holds l\n');
  });

  it('goes to the next within its TTL when its holder is killed or stopped, whose program is fenced', async () => {
    const first = lock([]);
    await said(first, ' started');
    const second = lock(
      [],
      ['sh', '-c', 'echo "token $CONFER_FENCING_TOKEN"; exec "$0" "$@"', ...CHILD],
    );
    await said(second, /(.*\n)*/);
    await expect
      .poll(
        async () =>
          JSON.parse((await run('lock', 'l', '--show', '-o', 'json')).stdout).waiting.length,
        { timeout: 15_000 },
      )
      .toBe(1);
    const killedAt = Date.now();
    first.child.kill('SIGKILL');
    await said(second, ' started');
    expect(Date.now() - killedAt).toBeLessThan(8_000);
    second.child.kill('SIGSTOP');
    const third = lock(
      [],
      ['sh', '-c', 'echo "token $CONFER_FENCING_TOKEN"; exec "$0" "$@"', ...CHILD],
    );
    await said(third, ' started');
    const tokens = [second, third].map(({ stdout }) => Number(/token (\d+)/.exec(stdout)?.[1]));
    expect(tokens[1]).toBeGreaterThan(tokens[0] ?? Number.POSITIVE_INFINITY);
    // It goes on, learns that it is late, and its program is ended.
    second.child.kill('SIGCONT');
    expect(await second.finished).toMatchObject({
      code: 6,
      stderr: expect.stringContaining('error[lease_lost]'),
    });
    expect(isRunning(started(second)[0] ?? 0)).toBe(false);
    expect(isRunning(started(third)[0] ?? 0)).toBe(true);
  }, 60_000);

  it('is kept while the server is killed and comes back in time, and lost where it does not', async () => {
    const holder = startConfer(['lock', 'l', '--ttl', '10s', '--', ...CHILD], { url: server.url });
    running.push(holder);
    await said(holder, ' started');
    await server.program.kill();
    server = await serve(['--data', join(scratch.path, 'data')], server.port);
    await said(holder, 'connected to');
    expect((await run('lock', 'l', '--wait', '0', '--', 'true')).code).toBe(4);
    const short = startConfer(['lock', 'other', '--ttl', '2s', '--', ...CHILD, 'stubborn'], {
      url: server.url,
    });
    running.push(short);
    await said(short, ' started');
    await server.program.kill();
    const { code, stderr } = await short.finished;
    expect(code).toBe(6);
    expect(stderr).toContain('killing it');
    expect(isRunning(started(short)[0] ?? 0)).toBe(false);
    server = await serve(['--data', join(scratch.path, 'data')], server.port);
  }, 60_000);

  it.runIf(isFull)(
    'is of one at a time while the server is stopped for longer than its TTL, and goes on (with CONFER_TEST_FULL=1)',
    async () => {
      const withToken = [
        'sh',
        '-c',
        'echo "token $CONFER_FENCING_TOKEN"; exec "$0" "$@"',
        ...CHILD,
      ];
      const first = lock([], withToken);
      await said(first, ' started');
      const second = lock([], withToken);
      const waiting = async () =>
        JSON.parse((await run('lock', 'l', '--show', '-o', 'json')).stdout).waiting.length;
      await expect.poll(waiting, { timeout: 15_000 }).toBe(1);
      server.program.child.kill('SIGSTOP');
      const stoppedAt = Date.now();
      expect((await first.finished).code).toBe(6);
      expect(Date.now() - stoppedAt).toBeLessThan(8_000);
      expect(isRunning(started(first)[0] ?? 0)).toBe(false);
      expect(started(second)).toEqual([]);
      server.program.child.kill('SIGCONT');
      await said(second, ' started');
      const tokens = [first, second].map(({ stdout }) => Number(/token (\d+)/.exec(stdout)?.[1]));
      expect(tokens[1]).toBeGreaterThan(tokens[0] ?? Number.POSITIVE_INFINITY);
    },
    60_000,
  );

  it('ends its program when somebody removes its entry, and with no program it does nothing', async () => {
    const holder = lock([]);
    await said(holder, ' started');
    const path = /^(\S+) is held/m.exec(holder.stderr)?.[1] ?? '';
    await run('rm', path);
    expect(await holder.finished).toMatchObject({
      code: 6,
      stderr: expect.stringContaining('somebody has removed it'),
    });
    expect(await lock([], ['no-such-program']).finished).toMatchObject({ code: 127 });
    expect((await run('lock', 'l', '--show')).stdout).toBe('nobody holds l\n');
    expect((await run('lock', 'l')).code).toBe(2);
    expect((await run('lock', '../l', '--', 'true')).code).toBe(7);
    expect((await run('lock', 'l', '--ttl', '1s', '--', 'true')).code).toBe(7);
  });

  it('is given up by a program in the moment that its client is closed', async () => {
    const [a, b] = [connect(server.url), connect(server.url)];
    const held = await a.lock('l', { ttlMs: 60_000 });
    const next = b.lock('l', { waitMs: 5_000 });
    await a.close();
    expect(held.status).toBe('released');
    expect((await next).fencingToken).toBeGreaterThan(held.fencingToken);
    await b.close();
  });
});

describe('confer elect', () => {
  it('runs its program once it leads, with what it says for all to see', async () => {
    expect((await run('elect', 'e', '--show')).code).toBe(3);
    const watching = start('elect', 'e', '--watch', '-o', 'raw');
    await said(watching, '\n');
    const first = start('elect', 'e', '--value', 'a:1', '--', ...CHILD);
    await said(first, ' started');
    const second = start('elect', 'e', '--value', 'b:1', '--', ...CHILD);
    await said(watching, 'a:1\n');
    expect((await run('elect', 'e', '--show', '-o', 'raw')).stdout).toBe('a:1\n');
    first.child.kill('SIGTERM');
    await said(second, ' started');
    await said(watching, 'b:1\n');
    expect((await first.finished).code).toBe(0);
  }, 30_000);
});
