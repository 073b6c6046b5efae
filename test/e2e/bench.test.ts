import { connect } from '@confer/client';
import { expect, onTestFinished, test } from 'vitest';
import { confer, serve, startConfer } from '../support/process.ts';

async function running(...args: readonly string[]) {
  const server = await serve(['--memory', ...args]);
  onTestFinished(() => void server.program.kill());
  return server;
}

const QUICK = ['--writers', '2', '--watchers', '3', '--entries', '5'];

/** What is there of the load, for the one who is at the machine. */
async function entriesLeft(url: string): Promise<number> {
  const client = connect(url);
  const { entries } = await client.list('/');
  await client.close();
  return entries.length;
}

test('confer bench writes at a rate, has every watcher told of it, and leaves nothing behind', async () => {
  const { url } = await running();
  const args = ['bench', ...QUICK, '--rate', '50', '--duration', '1s', '-o', 'json'];
  const { code, stdout, stderr } = await confer(args, { url });
  expect(stderr).toMatch(
    /^2 writers, 3 watchers, 100 bytes for 1 s below \/confer-bench\/[0-9a-f]{12}\n$/,
  );
  const figures = JSON.parse(stdout);
  const { count } = figures.writes;
  expect(code).toBe(0);
  // A timer that comes late on a busy machine may take one over an end.
  expect(Math.abs(count - 50)).toBeLessThan(5);
  expect(figures).toMatchObject({
    ...{ url, allDelivered: true, failures: {}, deliveries: { count: 3 * count } },
  });
  const { p50, p99, max } = figures.writes.ms;
  expect(p50).toBeGreaterThan(0);
  expect(p99).toBeLessThanOrEqual(max);
  expect(figures.deliveries.ms.max).toBeGreaterThan(0);
  expect(await entriesLeft(url)).toBe(0);
});

test('confer bench that is stopped by Ctrl-C prints what it has, and leaves nothing behind', async () => {
  const { url } = await running();
  const program = startConfer(['bench', ...QUICK, '--duration', '1h'], { url });
  const client = connect(url);
  onTestFinished(() => client.close());
  for await (const { changes } of client.watch('/confer-bench')) if (changes.length > 0) break;
  const { code, stdout } = await program.kill('SIGINT');
  expect(code).toBe(130);
  expect(stdout).toMatch(/^ +COUNT .*\nwrites .*\ndelivered /);
  expect(await entriesLeft(url)).toBe(0);
});

test('confer bench loads no server that is not on this machine, nor one that does not let it', async () => {
  const remote = await confer(['bench'], { url: 'http://192.0.2.1:7480' });
  expect(remote).toMatchObject({ code: 2, stdout: '' });
  expect(remote.stderr).toContain('hint: add --allow-remote if that is what you want');
  const meant = await confer(['bench', '--allow-remote', '--timeout', '100ms'], {
    url: 'http://192.0.2.1:7480',
  });
  expect(meant).toMatchObject({ code: 6, stdout: '' });
  const away = await confer(['bench', '--timeout', '200ms'], { url: 'http://127.0.0.1:1' });
  expect(away).toMatchObject({ code: 6, stdout: '' });
});

test('confer bench ends in bounded time where the server goes, and says what is left there', async () => {
  const { url, program } = await running();
  const load = startConfer(['bench', ...QUICK, '--duration', '2s', '--timeout', '500ms'], { url });
  const client = connect(url);
  onTestFinished(() => client.close());
  for await (const { changes } of client.watch('/confer-bench')) if (changes.length > 0) break;
  await program.kill();
  const { code, stdout, stderr } = await load.finished;
  expect(code).toBe(1);
  expect(stdout).toMatch(
    /\nwrites .*\ndelivered .*\n\d+ writes? failed: timeout\nnot all watchers /,
  );
  expect(stderr).toMatch(
    /could not be removed: .*\nhint: .* rm -r \/confer-bench\/[0-9a-f]{12} -y\n$/,
  );
});
