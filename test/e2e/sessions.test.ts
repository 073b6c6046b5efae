import { connect, type NodeClientOptions } from '@confer/client';
import { expect, onTestFinished, test, vi } from 'vitest';
import { confer, serve } from '../support/process.ts';
import { RawSocket } from '../support/raw-socket.ts';

const SOON = { timeout: 15_000, interval: 50 };
/** What would clear a terminal, change its title and turn text around. */
const HOSTILE = '\u001b[2J\u001b]0;t\u0007\u009b31m\u202egnp\r\nmine\u2066';
const UNSAFE = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/u;

async function running() {
  const server = await serve(['--memory']);
  onTestFinished(() => void server.program.kill());
  return server;
}

function connected(url: string, options: NodeClientOptions = {}) {
  const client = connect(url, options);
  onTestFinished(() => client.close());
  return client;
}

async function sessionsOf(url: string, ...args: readonly string[]) {
  const { code, stdout, stderr } = await confer(['sessions', ...args, '-o', 'json'], { url });
  expect([code, stderr]).toEqual([0, '']);
  return JSON.parse(stdout);
}

test('confer sessions shows who listens where, and who is behind with how many bytes', async () => {
  const { url } = await running();
  const client = connected(url, {
    client: { name: 'orders', version: '4.2', labels: { zone: 'a' } },
  });
  await client.mirror('/shop/orders').ready();
  const slow = await RawSocket.welcomed(url);
  onTestFinished(() => slow.close());
  slow.send({ type: 'watch', id: 1, path: '/shop', mode: 'events' });
  await slow.next('watching');
  slow.pause(true);
  // As much as the kernels at both ends hold, and some.
  for (let i = 0; i < 24; i++) await client.set('/shop/large', 'x'.repeat(1_000_000));
  await vi.waitFor(async () => {
    const { revision, sessions } = await sessionsOf(url, '/shop/orders');
    expect(sessions).toMatchObject([
      { client: { name: 'orders', version: '4.2', labels: { zone: 'a' } }, waitingBytes: 0 },
      {
        client: { name: 'raw' },
        states: { live: 0, lagging: 1, syncing: 0 },
        watches: [{ path: '/shop', mode: 'events', state: 'lagging' }],
      },
    ]);
    expect(sessions[1].waitingBytes).toBeGreaterThan(0);
    expect(sessions[1].watches[0].sent).toBeLessThan(revision);
  }, SOON);
  const { stdout } = await confer(['sessions', '/shop/orders/'], { url });
  const [summary, head, ...rows] = stdout.trimEnd().split('\n');
  expect(summary).toMatch(/^2 sessions at revision 24, 2 watches: 1 live, 1 lagging, 0 syncing$/);
  expect(head).toMatch(
    /^NAME +PRINCIPAL +ADDRESS +VIA +FOR +APPLIED +BEHIND +WAITING +STATE +WATCHES +LABELS$/,
  );
  expect(rows[0]).toMatch(
    /^orders 4\.2 +- +127\.0\.0\.1 +u?ws .* 0 B +live +\/shop\/orders +zone=a$/,
  );
  expect(rows[1]).toMatch(/^raw +.* [KM]iB +lagging +\/shop +-$/);
  expect((await sessionsOf(url, '--client', 'orders')).sessions).toHaveLength(1);
  const nobody = await confer(['sessions', '/other'], { url });
  expect(nobody).toMatchObject({ code: 0, stdout: 'nobody listens to /other\n' });
});

test('names and labels of clients cannot take over the terminal of who looks at their sessions', async () => {
  const { url } = await running();
  const client = connected(url, {
    client: { name: HOSTILE, version: HOSTILE, labels: { [HOSTILE]: HOSTILE } },
  });
  await client.mirror('/svc/\u202egnp').ready();
  const { stdout } = await confer(['sessions', '/svc'], { url });
  expect(stdout).toContain('1 session at');
  expect(stdout.replaceAll('\n', '')).not.toMatch(UNSAFE);
  expect(stdout.trim().split('\n')).toHaveLength(3);
});

test('a wrong path or format is told in one line', async () => {
  const { url } = await running();
  expect(await confer(['sessions', 'shop'], { url })).toMatchObject({
    ...{ code: 7, stdout: '', stderr: expect.stringContaining('did you mean /shop ?') },
  });
  const raw = await confer(['sessions', '-o', 'raw'], { url });
  expect(raw).toMatchObject({ code: 2, stdout: '' });
});
