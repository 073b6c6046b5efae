import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect, fileSnapshot, type NodeClient } from '@confer/client';
import { historyOf } from '@confer/client/history';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { confer, type Program, serve, startConfer } from '../support/process.ts';
import { scratchDirectory } from '../support/scratch.ts';
import { said, started } from './exec-scene.ts';

const SOON = { timeout: 15_000, interval: 20 };
const scratch = scratchDirectory();
let server: Awaited<ReturnType<typeof serve>>;
let client: NodeClient;
const running: Program[] = [];
beforeEach(async () => {
  server = await serve(['--data', join(scratch.path, 'data')]);
  client = connect(server.url);
});
afterEach(async () => {
  for (const program of running.splice(0)) {
    program.child.kill('SIGCONT');
    for (const pid of started(program)) kill(pid);
    await program.kill();
  }
  await client.close();
  await server.program.kill();
});

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended already.
  }
}

function start(...args: readonly string[]): Program {
  const program = startConfer(args, { url: server.url });
  running.push(program);
  return program;
}
const run = (...args: readonly string[]) => confer(args, { url: server.url });
const register = (...args: readonly string[]) =>
  start('register', 'orders', '--address', '10.0.0.7:80', '--ttl', '2s', ...args);

describe('confer register', () => {
  it('has an instance there as long as its program runs, drained before that is asked to end', async () => {
    const discovery = client.discover('orders');
    await discovery.ready();
    const path = '/services/orders/one';
    const drainMs = 500;
    const noteTime = "process.on('SIGTERM', () => { console.log(Date.now()); process.exit(0); });";
    const child = [process.execPath, '-e', `${noteTime} setInterval(() => {}, 1_000)`];
    const program = register(
      ...['--id', 'one', '--label', 'zone=b', '--drain-time', `${drainMs}ms`, '--', ...child],
    );
    await expect
      .poll(() => discovery.instances, SOON)
      .toMatchObject([{ id: 'one', labels: { zone: 'b' } }]);
    program.child.kill('SIGTERM');
    expect(await program.finished).toMatchObject({ code: 0 });
    await expect.poll(() => discovery.registered, SOON).toEqual([]);
    // Of the history, which has each state, also where this process was too busy to be shown one.
    const states = [];
    const drained = [];
    for await (const version of historyOf(client).versions(path)) {
      const state = version.type === 'put' ? JSON.parse(version.entry.value).state : '';
      states.unshift(state ?? 'healthy');
      // By the clock that both processes have, however late this one learns of it.
      if (state === 'draining') drained.push(version.time);
    }
    expect(states).toEqual(['healthy', 'draining', '']);
    expect(Number(program.stdout) - (drained[0] ?? Number.NaN)).toBeGreaterThanOrEqual(drainMs);
    expect(await register('--', 'sh', '-c', 'sleep 1; exit 9').finished).toMatchObject({ code: 9 });
    expect((await run('discover', 'orders')).code).toBe(3);
  });

  it('says how healthy its program is, by a check', async () => {
    const file = join(scratch.path, 'well');
    const program = register(
      '--id',
      'one',
      '--check',
      `cat ${file} >&2`,
      '--check-interval',
      '50ms',
    );
    await said(program, 'unhealthy: the check exits with 1');
    expect((await run('discover', 'orders')).code).toBe(3);
    const { stdout } = await run('discover', 'orders', '--all');
    expect(stdout).toMatch(
      /^ID +ADDRESS.*\none +10\.0\.0\.7:80 +1 +unhealthy \(the check exits with 1/,
    );
    writeFileSync(file, '');
    await said(program, '\nhealthy\n');
    expect((await run('discover', 'orders', '-o', 'raw')).stdout).toBe('10.0.0.7:80\n');
    expect((await program.kill('SIGTERM')).code).toBe(0);
  });

  it('goes within its TTL when it is killed, and comes back when it was stopped', async () => {
    const program = register('--id', 'one');
    const discovery = client.discover('orders');
    await discovery.ready();
    await expect.poll(() => discovery.instances.length, SOON).toBe(1);
    program.child.kill('SIGSTOP');
    await expect.poll(() => discovery.instances.length, SOON).toBe(0);
    program.child.kill('SIGCONT');
    await said(program, 'again\n');
    expect(discovery.instances).toMatchObject([{ id: 'one' }]);
    program.child.kill('SIGKILL');
    await expect.poll(() => discovery.instances.length, SOON).toBe(0);
  });

  it('does not flap when the registry restarts, and ends where somebody else has its id', async () => {
    const program = start('register', 'orders', '--address', 'a:1', '--id', 'one', '--ttl', '10s');
    const discovery = client.discover('orders');
    await discovery.ready();
    await expect.poll(() => discovery.instances.length, SOON).toBe(1);
    const [before] = discovery.instances;
    let changes = 0;
    discovery.on('change', () => changes++);
    await server.program.kill();
    await expect.poll(() => discovery.staleSince, SOON).toBeDefined();
    expect(discovery.instances).toEqual([before]);
    server = await serve(['--data', join(scratch.path, 'data')], server.port);
    await expect.poll(() => discovery.staleSince, SOON).toBeUndefined();
    await said(program, 'connected to');
    const other = await client.register('orders', { address: 'b:1', id: 'one' });
    expect(await program.finished).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('registered later'),
    });
    expect(discovery.instances).toMatchObject([{ address: 'b:1' }]);
    expect(changes).toBe(1);
    await other.deregister();
  }, 40_000);
});

it('a program starts with the list that it had, where the registry is away', async () => {
  const kept = join(scratch.path, 'kept');
  const first = connect(server.url, { snapshot: fileSnapshot(kept) });
  await client.register('orders', { address: 'a:1', id: 'one' });
  await first.discover('orders').ready();
  await first.close();
  await server.program.kill();
  const second = connect(server.url, { snapshot: fileSnapshot(kept) });
  const discovery = second.discover('orders');
  expect(await discovery.ready({ accept: ['server', 'snapshot'] })).toMatchObject({
    source: 'snapshot',
  });
  expect(discovery.pick()).toMatchObject({ id: 'one', address: 'a:1' });
  expect(discovery.staleSince).toBeDefined();
  await second.close();
});

describe('confer discover', () => {
  it('follows a service, for people, for programs, and for a command', async () => {
    const file = join(scratch.path, 'hosts');
    const watching = start('discover', 'orders', '--watch');
    const data = start('discover', 'orders', '--watch', '-o', 'ndjson');
    const exec = start('discover', 'orders', '--exec', `printf %s "$CONFER_ADDRESSES" > ${file}`);
    await said(data, '[]\n');
    await said(exec, 'told of 0');
    const one = await client.register('orders', { address: 'a:1', id: 'one' });
    await said(watching, '+ one  a:1  1  healthy\n');
    await one.update({ weight: 2 });
    await said(watching, '~ one  a:1  2  healthy\n');
    await client.register('orders', { address: 'b:1', id: 'two' });
    await said(exec, 'told of 2');
    expect(existsSync(file) && readFileSync(file, 'utf8')).toBe('a:1\nb:1');
    await one.deregister();
    await said(watching, '- one  a:1  2  healthy\n');
    await said(data, /\n\[\{"id":"two".*\}\]\n/);
    expect((await watching.kill('SIGTERM')).code).toBe(143);
    const { stdout } = await run('discover', 'orders', '-o', 'json');
    expect(JSON.parse(stdout)).toEqual([
      { id: 'two', address: 'b:1', weight: 1, labels: {}, state: 'healthy' },
    ]);
  });
});
