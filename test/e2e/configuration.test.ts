import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { connect, fileSnapshot, type NodeClientOptions } from '@confer/client';
import { administrationOf } from '@confer/client/admin';
import { createServer, newTokenText } from '@confer/server';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { z } from 'zod';
import { confer, freePort, serve } from '../support/process.ts';
import { scratchDirectory } from '../support/scratch.ts';

const SOON = { timeout: 15_000, interval: 20 };
const Pool = z.object({ pool: z.object({ max: z.number() }) });
const ALL = ['server', 'snapshot', 'bootstrap', 'defaults'] as const;

const scratch = scratchDirectory();

function connected(url: string, options: NodeClientOptions = {}) {
  const client = connect(url, { retry: { maxMs: 200 }, ...options });
  onTestFinished(() => client.close());
  return client;
}

async function running(args: readonly string[] = ['--memory'], port?: number) {
  const server = await serve(args, port);
  onTestFinished(() => void server.program.kill());
  return server;
}

describe('snapshots in files', () => {
  test('let a program start while its server is dead, and go on from there when it is back (S1, W5)', async () => {
    const data = ['--data', join(scratch.path, 'data')];
    const { program, url, port } = await running(data);
    const kept = join(scratch.path, 'kept');
    const first = connected(url, { snapshot: fileSnapshot(kept) });
    await first.set('/svc/pool/max', '10');
    await first.mirror('/svc').ready();
    await first.close();
    await program.kill();
    const second = connected(url, { snapshot: fileSnapshot(kept) });
    const live = second.config('/svc', Pool);
    expect(await live.ready({ accept: ALL })).toEqual({ source: 'snapshot', revision: 1 });
    expect(live.current.pool.max).toBe(10);
    expect(live.staleSince).toEqual(expect.any(Number));
    await running(data, port);
    await second.set('/svc/pool/max', '11');
    await vi.waitFor(() => expect(live.source).toBe('server'), SOON);
    expect(live.current.pool.max).toBe(11);
    expect(second.diagnostics().watches).toMatchObject([{ resyncs: { epoch: 0, digest: 0 } }]);
  });

  test('are for their owner alone, whole at any time, and one for each subtree', async () => {
    const { url } = await running();
    const kept = join(scratch.path, 'a', 'kept');
    const client = connected(url, { snapshot: fileSnapshot(kept, { exclude: ['**/secret/**'] }) });
    await client.set('/svc/pool/max', '10');
    await client.set('/svc/secret/key', 'hush');
    await client.set(`/svc/${'ü/'.repeat(60)}x`, 'deep');
    await Promise.all(['/', '/svc', '/svc/pool'].map((path) => client.mirror(path).ready()));
    await client.close();
    const files = readdirSync(kept);
    expect(files.filter((name) => name.endsWith('.snapshot'))).toHaveLength(3);
    expect(files).toHaveLength(3);
    for (const name of files) {
      expect(statSync(join(kept, name)).mode & 0o777).toBe(0o600);
      expect(readFileSync(join(kept, name), 'utf8')).not.toContain('hush');
    }
    expect(statSync(kept).mode & 0o777).toBe(0o700);
  });

  test.each<[string, (file: string) => void]>([
    ['damaged', (file) => writeFileSync(file, readFileSync(file, 'utf8').replace('10', '66'))],
    ['a directory', (file) => [rmSync(file), mkdirSync(file)]],
    ['empty', (file) => writeFileSync(file, '')],
    ['a link that leads nowhere', (file) => [rmSync(file), symlinkSync('/nowhere', file)]],
  ])(
    'of which one is %s do no harm: the program starts, and says so where it matters',
    async (_, spoil) => {
      const { url } = await running();
      const kept = join(scratch.path, 'kept');
      const options = (reported: unknown[]) => ({
        snapshot: fileSnapshot(kept),
        onError: (error: unknown) => reported.push(error),
      });
      const first = connected(url, options([]));
      await first.set('/svc/pool/max', '10');
      await first.mirror('/svc').ready();
      await first.close();
      const [name = ''] = readdirSync(kept);
      spoil(join(kept, name));
      const reported: unknown[] = [];
      const second = connected(url, options(reported));
      const live = second.config('/svc', Pool);
      expect(live.source).toBeUndefined();
      expect(await live.ready({ accept: ALL })).toMatchObject({ source: 'server' });
      for (const error of reported) expect(error).toMatchObject({ code: 'snapshot_unusable' });
      await second.close();
    },
  );

  test('that cannot be written are reported once, and the program goes on', async () => {
    const { url } = await running();
    writeFileSync(join(scratch.path, 'file'), 'in the way');
    const reported: unknown[] = [];
    const client = connected(url, {
      snapshot: fileSnapshot(join(scratch.path, 'file', 'kept')),
      onError: (error) => reported.push(error),
    });
    await client.set('/svc/pool/max', '10');
    await client.mirror('/svc').ready();
    await client.close();
    // Whether there was anything to be read is for some versions of Node another question.
    const kept = reported.map(String).filter((text) => text.includes('is not kept'));
    expect(kept).toEqual([expect.stringContaining('ENOTDIR')]);
  });
});

describe('who is refused', () => {
  async function guarded() {
    const token = newTokenText();
    const file = join(scratch.path, 'own.token');
    writeFileSync(file, token, { mode: 0o600 });
    const server = await createServer({
      ...{ engine: 'memory', port: 0, auth: 'on', bootstrapTokenFile: file },
    });
    onTestFinished(() => server.close());
    const root = connected(server.url, { token });
    const admin = administrationOf(root);
    await admin.roles.set('reader', { allow: [{ verbs: ['read'], on: '/svc' }] });
    const made = await admin.tokens.create({ name: 'svc', roles: ['reader'], expiresAt: null });
    await root.set('/svc/pool/max', '10');
    const kept = join(scratch.path, 'kept');
    const first = connected(server.url, { token: made.token, snapshot: fileSnapshot(kept) });
    await first.mirror('/svc').ready();
    await first.close();
    return { url: server.url, admin, kept, token: made.token };
  }

  test('by the server never gets what was kept in its place, whatever it accepts (W11)', async () => {
    const { url, admin, kept, token } = await guarded();
    await admin.tokens.update('svc', { disabled: true });
    const client = connected(url, { token, snapshot: fileSnapshot(kept) });
    const live = client.config('/svc', Pool, { defaults: { pool: { max: 1 } } });
    await expect(live.ready({ accept: ALL })).rejects.toMatchObject({ code: 'unauthenticated' });
    const mirror = client.mirror('/svc');
    await expect(mirror.ready({ accept: ['server', 'snapshot'] })).rejects.toMatchObject({
      code: 'unauthenticated',
    });
  });

  test('a subtree by its rights is told so, and what was kept of it goes (W11)', async () => {
    const { url, admin, kept, token } = await guarded();
    expect(readdirSync(kept)).toHaveLength(1);
    await admin.roles.set('reader', { allow: [{ verbs: ['read'], on: '/other' }] });
    const client = connected(url, { token, snapshot: fileSnapshot(kept) });
    const live = client.config('/svc', Pool);
    await expect(live.ready({ accept: ALL })).rejects.toMatchObject({
      ...{ code: 'forbidden', path: '/svc' },
    });
    expect(live.status).toBe('failed');
    await client.close();
    expect(readdirSync(kept)).toEqual([]);
  });
});

describe('the override file', () => {
  test('is over all that the server says, read anew as it changes, and loud about it', async () => {
    const { url } = await running();
    const override = join(scratch.path, 'override.json');
    const said: string[] = [];
    const reported: unknown[] = [];
    const client = connected(url, {
      override,
      onOverride: (message) => said.push(message),
      onError: (error) => reported.push(error),
    });
    await client.set('/svc/pool/max', '10');
    const live = client.config('/svc', Pool);
    await live.ready();
    expect(live.current.pool.max).toBe(10);
    const write = (text: string) => {
      writeFileSync(`${override}.new`, text);
      renameSync(`${override}.new`, override);
    };
    write('{"/svc/pool": {"max": 77}, "/elsewhere/x": true}');
    await vi.waitFor(() => expect(live.current.pool.max).toBe(77), SOON);
    expect(said).toEqual([
      `${override} overrides what the server has: /svc/pool/max, /elsewhere/x`,
    ]);
    expect(live.explain('pool.max').from).toEqual([
      { source: 'override', at: override, value: 77, revision: undefined },
      { source: 'server', at: '/svc', value: 10, revision: 1 },
    ]);
    expect(client.mirror('/svc').value('/svc/pool/max')).toBe('10');
    await client.set('/svc/pool/max', '11');
    expect(live.current.pool.max).toBe(77);
    for (const bad of ['{"/svc/pool/max": ', '{"svc": 1}']) {
      const before = reported.length;
      write(bad);
      await vi.waitFor(() => expect(reported.length).toBe(before + 1), SOON);
      expect(reported.at(-1)).toMatchObject({ code: 'override_unusable' });
    }
    expect(live.current.pool.max).toBe(77);
    rmSync(override);
    await vi.waitFor(() => expect(live.current.pool.max).toBe(11), SOON);
    expect(said.at(-1)).toBe(`${override} overrides nothing any more`);
  });

  test('can keep a program going that has no server at all', async () => {
    const override = join(scratch.path, 'override.json');
    writeFileSync(override, '{"/svc/pool/max": 5}');
    chmodSync(override, 0o400);
    const url = `http://127.0.0.1:${await freePort()}`;
    const client = connected(url, { override, onOverride: () => {} });
    const live = client.config('/svc', Pool, { defaults: {} });
    expect(await live.ready({ accept: ALL })).toMatchObject({ source: 'defaults' });
    expect(live.current).toEqual({ pool: { max: 5 } });
  });
});

test('those who operate a server see who runs with which revision, and who refused one and why', async () => {
  const { url } = await running();
  const writer = connected(url);
  await writer.set('/svc/pool/max', '10');
  const names = ['a', 'b', 'c'];
  const configs = names.map((name) =>
    connected(url, { client: { name, version: '1.2', labels: { zone: name } } }).config(
      '/svc',
      name === 'c' ? z.object({ pool: z.object({ max: z.number().max(20) }) }) : Pool,
    ),
  );
  await Promise.all(configs.map((live) => live.ready()));
  const look = (...args: readonly string[]) => confer(['subscribers', ...args], { url });
  await vi.waitFor(async () => {
    const { code, stdout } = await look('/svc');
    expect(stdout.split('\n')[0]).toBe('3 of 3 at 1');
    expect(code).toBe(0);
  }, SOON);
  await writer.set('/svc/pool/max', '30');
  await vi.waitFor(async () => {
    const { code, stdout, stderr } = await look('/svc/pool');
    expect(stdout).toMatch(/^2 of 3 at 2, 1 rejected: pool\.max: Too big/);
    expect(stdout).toMatch(/\nc 1\.2 +- +zone=c +\/svc +1 +rejected +2: pool\.max: Too big/);
    expect([code, stderr]).toEqual([1, '']);
  }, SOON);
  const { stdout } = await look('/svc', '-o', 'ndjson');
  // In the order in which they came, which is nobody's promise.
  const states = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).state);
  expect(states.sort()).toEqual(['rejected', 'up to date', 'up to date']);
  expect((await look('/nobody')).stdout).toBe('nobody uses /nobody\n');
  await writer.set('/svc/pool/max', '7');
  await vi.waitFor(async () => {
    expect((await look()).stdout.split('\n')[0]).toBe('3 of 3 at 3');
  }, SOON);
  for (const live of configs) live.close();
  await vi.waitFor(async () => {
    expect((await look('/svc')).stdout).toBe('nobody uses /svc\n');
  }, SOON);
});
