import { type Client, type ClientOptions, connect } from '@confer/client';
import { afterEach, describe, expect, it } from 'vitest';
import { Acknowledged } from '../faults/acknowledged.ts';
import { until } from '../faults/scene.ts';
import { freePort, type Program, serve, startConfer, withDirectory } from '../support/process.ts';
import { RawSocket } from '../support/raw-socket.ts';
import { FAULTY_TRANSPORTS } from '../support/transports.ts';

const clients: Client[] = [];
const running: Program[] = [];
const sockets: RawSocket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.close();
  await Promise.all(running.splice(0).map((program) => program.kill()));
  await Promise.all(clients.splice(0).map((client) => client.close()));
});

async function started(args: readonly string[], port?: number) {
  const server = await serve(args, port);
  running.push(server.program);
  return server;
}

function client(url: string, options: ClientOptions = {}): Client {
  const timeouts = { requestMs: 60_000 };
  const made = connect(url, { retry: { initialMs: 5, maxMs: 50 }, timeouts, ...options });
  clients.push(made);
  return made;
}

async function welcomed(url: string): Promise<RawSocket> {
  const raw = await RawSocket.welcomed(url);
  sockets.push(raw);
  return raw;
}

/** Somebody who asks for megabytes and reads none of them. */
async function staller(url: string): Promise<RawSocket> {
  const raw = await welcomed(url);
  raw.pause(true);
  for (let id = 1; id <= 40; id++) raw.send({ type: 'get', id, path: '/large' });
  return raw;
}

const LARGE = 'x'.repeat(1024 * 1024);

describe.each(FAULTY_TRANSPORTS)('SIGTERM, over %s,', (transport) => {
  const ways = ['--transport', transport];

  it('S1 S4 W3 amid writes loses none that was acknowledged, and nobody who watches sees a hole', async () => {
    await withDirectory(async (directory) => {
      const args = ['--data', directory, ...ways];
      const first = await started(args);
      const watching = client(first.url);
      const mirror = watching.mirror('/');
      await mirror.ready();
      const seen = new Set<string>();
      mirror.on('change', ({ changes }) => {
        for (const { path } of changes) seen.add(path);
      });
      const writes = new Acknowledged(Array.from({ length: 10 }, () => client(first.url)));
      await until('some are written', () => writes.count > 200);
      expect(await first.program.kill('SIGTERM')).toMatchObject({ code: 0 });
      const before = writes.count;
      await started(args, first.port);
      await until('more are written', () => writes.count > before + 200);
      await writes.end();
      await writes.expectAll(watching);
      await mirror.waitFor((await watching.serverStatus()).revision, { timeoutMs: 10_000 });
      expect(seen.size).toBe(mirror.size);
    });
  });

  it('lets everybody work on as long as --drain-delay says, also who comes then, and then nobody', async () => {
    const { program, url } = await started(['--memory', ...ways, '--drain-delay', '1s']);
    const before = client(url);
    await before.set('/a', '1');
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    program.child.kill('SIGTERM');
    await program.saw(({ stderr }) => stderr.includes('stopping') || undefined);
    expect((await fetch(`${url}/readyz`)).status).toBe(503);
    expect((await fetch(`${url}/livez`)).status).toBe(200);
    await before.set('/a', '2');
    const late = await welcomed(url);
    late.send({ type: 'get', id: 1, path: '/a' });
    expect(await late.next('got')).toMatchObject({ entry: { value: '2' } });
    // It has been told in words, and then by the code.
    expect(await late.next('goodbye')).toMatchObject({ code: 'shutting_down' });
    expect(await late.end()).toMatchObject({ code: 1012 });
    expect(await program.finished).toMatchObject({ code: 0 });
  });

  it('answers what was asked before its goodbye, and nothing after', async () => {
    await withDirectory(async (directory) => {
      const args = ['--data', directory, ...ways];
      const first = await started(args);
      const raw = await welcomed(first.url);
      const asked = 500;
      for (let id = 1; id <= asked; id++)
        raw.send({
          type: 'commit',
          id,
          requestId: `r${id}`,
          operations: [{ type: 'put', path: `/a/${id}`, value: '1' }],
        });
      // The last of them is with the server when the first answers are here.
      await raw.next('committed');
      first.program.child.kill('SIGTERM');
      await raw.end();
      const answered = raw.received.filter(({ type }) => type === 'committed').map(({ id }) => id);
      await first.program.finished;
      const { url } = await started(args, first.port);
      const { entries } = await client(url).list('/a');
      const there = new Set(entries.map(({ path }) => path));
      expect(answered.filter((id) => !there.has(`/a/${id}`))).toEqual([]);
      expect(entries.length).toBe(answered.length + 1);
    });
  });

  it('S1 ends those who wait or listen by HTTP with word of it, and answers who writes', async () => {
    await withDirectory(async (directory) => {
      const args = ['--data', directory, ...ways];
      const first = await started(args);
      const events = await fetch(`${first.url}/v1/watch/a`);
      const position = await client(first.url).set('/other', '1');
      const { epoch } = await client(first.url).serverStatus();
      const waiting = fetch(`${first.url}/v1/kv/a?wait=60s&after=${epoch}.${position.revision}`);
      const listened = events.text();
      const written: number[] = [];
      const write = async () => {
        for (let turn = 0; ; turn++) {
          const answer = await fetch(`${first.url}/v1/kv/written/${turn}`, {
            method: 'PUT',
            body: 'x',
          }).catch(() => undefined);
          if (answer?.ok !== true) return;
          written.push(turn);
        }
      };
      const writing = write();
      await until('some are written', () => written.length > 20);
      const askedAt = Date.now();
      expect(await first.program.kill('SIGTERM')).toMatchObject({ code: 0 });
      expect(Date.now() - askedAt).toBeLessThan(4_000);
      expect(await listened).toMatch(/event: goodbye\ndata: .*shutting_down/);
      expect((await waiting).status).toBe(503);
      await writing;
      const { url } = await started(args, first.port);
      const there = (await client(url).list('/written')).entries.map(({ path }) => path);
      expect(written.filter((turn) => !there.includes(`/written/${turn}`))).toEqual([]);
    });
  });

  it('S3 amid a commit in parts does nothing of it', async () => {
    await withDirectory(async (directory) => {
      const args = ['--data', directory, ...ways];
      const first = await started(args);
      const raw = await welcomed(first.url);
      const part = { type: 'commit', id: 1, requestId: 'r', part: 0, more: true };
      raw.send({ ...part, operations: [{ type: 'put', path: '/a', value: '1' }] });
      raw.send({ type: 'heartbeat', applied: 0 });
      const startedAt = Date.now();
      expect(await first.program.kill('SIGTERM')).toMatchObject({ code: 0 });
      // Nobody waits for the rest of it.
      expect(Date.now() - startedAt).toBeLessThan(3_000);
      const { url } = await started(args, first.port);
      expect((await client(url).list('/')).entries).toEqual([]);
    });
  });

  it('W10 is not held up by those who read nothing', async () => {
    const { program, url } = await started(['--memory', ...ways, '--drain-timeout', '4s']);
    await client(url).set('/large', LARGE);
    await Promise.all([staller(url), staller(url), staller(url)]);
    const reader = await welcomed(url);
    reader.send({ type: 'status', id: 1 });
    await reader.next('status');
    const startedAt = Date.now();
    program.child.kill('SIGTERM');
    // Nor is anybody else.
    expect(await reader.end()).toMatchObject({ code: 1012 });
    expect(Date.now() - startedAt).toBeLessThan(1_000);
    expect(await program.finished).toMatchObject({ code: 0 });
    expect(Date.now() - startedAt).toBeLessThan(4_000);
  });

  it('W3 W4 W7 amid the first pages of a large subtree is no matter to who reads it', async () => {
    await withDirectory(async (directory) => {
      const args = ['--data', directory, ...ways];
      const first = await started(args);
      const writer = client(first.url);
      for (let batch = 0; batch < 20; batch++)
        await writer.commit({
          operations: Array.from({ length: 1_000 }, (_, i) => ({
            type: 'put' as const,
            path: `/many/${batch}/${i}`,
            value: 'x'.repeat(200),
          })),
        });
      const raw = await welcomed(first.url);
      raw.send({ type: 'watch', id: 1, path: '/many', mode: 'state' });
      const mirror = client(first.url).mirror('/many');
      await raw.next('snapshot');
      expect(await first.program.kill('SIGTERM')).toMatchObject({ code: 0 });
      await started(args, first.port);
      await mirror.ready({ timeoutMs: 20_000 });
      expect(mirror.size).toBe(20_000);
    });
  });

  it('a second time ends it at once, and loses nothing that was acknowledged (S1)', async () => {
    await withDirectory(async (directory) => {
      const args = ['--data', directory, ...ways];
      const first = await started([...args, '--drain-delay', '15s']);
      const writer = client(first.url);
      const writes = new Acknowledged([writer, client(first.url)]);
      await until('some are written', () => writes.count > 50);
      first.program.child.kill('SIGTERM');
      const askedAt = Date.now();
      await until('it is no longer the same wish', () => Date.now() - askedAt > 700);
      expect(first.program.child.exitCode).toBeNull();
      const againAt = Date.now();
      await first.program.kill('SIGINT');
      expect(first.program.child.signalCode).toBe('SIGINT');
      expect(Date.now() - againAt).toBeLessThan(1_000);
      await started(args, first.port);
      await writes.end();
      await writes.expectAll(writer);
    });
  });
});

describe('SIGTERM', () => {
  it('while a gateway waits for etcd ends it at once, and it is no failure', async () => {
    const port = await freePort();
    const nowhere = await freePort();
    const program = startConfer([
      'serve',
      ...['--engine', 'etcd', '--etcd', `http://127.0.0.1:${nowhere}`],
      ...['--listen', `127.0.0.1:${port}`],
    ]);
    running.push(program);
    // It has taken signals into its own hands when it does anything at all.
    await until('it is up', () => program.child.pid !== undefined);
    const startedAt = Date.now();
    await until('it waits', () => Date.now() - startedAt > 1_500);
    const finished = await program.kill('SIGTERM');
    expect(finished).toMatchObject({ code: 0, stdout: '' });
    expect(finished.stderr).toContain('stopped before it served anybody');
    expect(Date.now() - startedAt).toBeLessThan(4_000);
  });

  it.each([
    [['--drain-delay', '20s'], /has to be longer/],
    [['--drain-delay', 'soon'], /takes a time such as 0s/],
    [['--drain-timeout', '0s'], /takes a time such as 500ms/],
    [['--drain-timeout', '2h'], /at most 1h/],
  ])('%j is refused before anything is begun', async (flags, problem) => {
    const args = ['serve', '--memory', '--listen', '127.0.0.1:0', ...flags];
    const program = startConfer(args);
    running.push(program);
    const { stderr, ...finished } = await program.finished;
    expect(finished).toMatchObject({ code: 2, stdout: '' });
    expect(stderr).toMatch(problem);
  });
});
