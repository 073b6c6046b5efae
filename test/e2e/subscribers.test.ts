import { connect, type NodeClientOptions } from '@confer/client';
import { administrationOf } from '@confer/client/admin';
import { encode } from '@confer/shared';
import { expect, onTestFinished, test, vi } from 'vitest';
import { WebSocketServer } from 'ws';
import { z } from 'zod';
import { confer, freePort, serve } from '../support/process.ts';
import { openWebSocket } from '../support/websocket.ts';

const SOON = { timeout: 15_000, interval: 20 };
const Any = z.record(z.string(), z.unknown());
/** What would clear a terminal, change its title and turn text around. */
const HOSTILE = '\u001b[2J\u001b]0;t\u0007\u009b31m\u202egnp\r\nmine\u2066';

function connected(url: string, options: NodeClientOptions = {}) {
  const client = connect(url, { retry: { initialMs: 20, maxMs: 200 }, ...options });
  onTestFinished(() => client.close());
  return client;
}

async function running(port?: number) {
  const server = await serve(['--memory'], port);
  onTestFinished(() => void server.program.kill());
  return server;
}

const subscribersOf = async (url: string, path: string) => {
  const client = connect(url);
  const { subscribers } = await administrationOf(client).subscribers(path);
  await client.close();
  return subscribers.map(({ applied, rejected, reports }) => ({ applied, rejected, reports }));
};

test('names, labels, paths and reasons of programs cannot take over the terminal of who looks at them', async () => {
  const { url } = await running();
  const name = HOSTILE;
  const client = connected(url, { client: { name, version: name, labels: { [name]: name } } });
  await client.set('/svc/\u202egnp/%1B[2J', 'x');
  const refused = z.record(z.string(), z.number({ error: () => `not ${HOSTILE}` }));
  const live = client.config('/svc/\u202egnp', refused);
  const error = await live.ready().catch((reason) => reason);
  expect(error.message).toMatch(/\n +\[2J: not \[2J/);
  const unsafe = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/u;
  expect(error.message.replace(live.path, '').replaceAll('\n', '')).not.toMatch(unsafe);
  for (const format of ['table', 'raw'])
    await vi.waitFor(async () => {
      const { code, stdout } = await confer(['subscribers', '-o', format, '/svc'], { url });
      expect([code, stdout]).toEqual([1, expect.stringContaining('1 rejected')]);
      expect(stdout.replaceAll('\n', '')).not.toMatch(unsafe);
      expect(stdout.trim().split('\n')).toHaveLength(format === 'table' ? 3 : 1);
    }, SOON);
});

test('of two configurations of one path in a program, it is seen that one refuses, and that one is left', async () => {
  const { url } = await running();
  const client = connected(url);
  await client.set('/svc/n', '1');
  const good = client.config('/svc', Any);
  const bad = client.config('/svc', z.object({ n: z.string() }));
  await good.ready();
  await expect(bad.ready()).rejects.toMatchObject({ code: 'rejected' });
  const seen = () => subscribersOf(url, '/svc');
  const refused = { reports: true, rejected: { reason: expect.stringContaining('n: ') } };
  await vi.waitFor(async () => expect(await seen()).toMatchObject([refused]), SOON);
  await client.set('/svc/n', '2');
  await vi.waitFor(
    async () => expect(await seen()).toMatchObject([{ rejected: { revision: 2 } }]),
    SOON,
  );
  bad.close();
  const applied = { reports: true, applied: 2, rejected: undefined };
  await vi.waitFor(async () => expect(await seen()).toEqual([applied]), SOON);
  good.close();
  await vi.waitFor(async () => expect(await seen()).toEqual([]), SOON);
});

test('what a program makes of its configuration is said anew to a server that was started anew', async () => {
  const { url, port, program } = await running();
  const client = connected(url);
  await client.set('/svc/n', '1');
  const live = client.config('/svc', Any);
  await live.ready();
  await vi.waitFor(
    async () => expect(await subscribersOf(url, '/svc')).toMatchObject([{ applied: 1 }]),
    SOON,
  );
  await program.kill();
  await running(port);
  await client.set('/svc/n', '2');
  await client.set('/svc/n', '3');
  await vi.waitFor(
    async () =>
      expect(await subscribersOf(url, '/svc')).toMatchObject([{ reports: true, applied: 2 }]),
    SOON,
  );
  expect(live.current.n).toBe(3);
});

/** A server from before there were reports, in front of one of today: it does not know their type. */
async function olderServer(url: string) {
  const port = await freePort();
  const reports: number[] = [];
  const older = new WebSocketServer({ port, host: '127.0.0.1' });
  onTestFinished(() => older.close());
  older.on('connection', (down) => {
    const up = openWebSocket(url);
    const early: string[] = [];
    up.on('open', () => {
      for (const frame of early.splice(0)) up.send(frame);
    });
    up.on('message', (frame) => down.send(String(frame)));
    up.on('close', () => down.close());
    down.on('close', () => up.close());
    down.on('message', (frame) => {
      const { type, id } = JSON.parse(String(frame));
      if (type === 'report') {
        reports.push(Date.now());
        const message = 'no message has the type report';
        down.send(encode({ type: 'error', id, code: 'unknown_type', message }));
      } else if (up.readyState === up.OPEN) up.send(String(frame));
      else early.push(String(frame));
    });
  });
  return { url: `http://127.0.0.1:${port}`, reports };
}

test('over a server that knows no reports, a configuration works, and says so once a second at most', async () => {
  const { url } = await running();
  const older = await olderServer(url);
  const problems: unknown[] = [];
  const client = connected(older.url, { onError: (error) => problems.push(error) });
  const live = client.config('/svc', Any);
  await live.ready();
  const startedAt = Date.now();
  let n = 0;
  while (older.reports.length < 3) {
    await client.set('/svc/n', `${++n}`);
    expect(live.current.n).toBe(n);
  }
  expect(Date.now() - startedAt).toBeGreaterThan(1_500);
  expect(n).toBeGreaterThan(20);
  expect([live.status, live.error, problems]).toEqual(['live', undefined, []]);
});
