import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Client, connect, type MirrorChange } from '@confer/client';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { isFull } from '../support/extent.ts';
import { History } from '../support/history.ts';
import { confer, type Finished, serve, startConfer } from '../support/process.ts';
import { groupsProblem, Restless } from '../support/restless.ts';
import { scratchDirectory } from '../support/scratch.ts';

const CLI = fileURLToPath(new URL('../../cli/dist/main.js', import.meta.url));
/** Commits that are kept while a backup is taken: about as many as are made meanwhile. */
const KEPT = 150;
const SOON = { timeout: 20_000, interval: 2 };
const scratch = scratchDirectory();
const at = (name: string) => join(scratch.path, name);

async function served(name: string, port?: number) {
  const server = await serve(['--data', at(name)], port);
  onTestFinished(() => void server.program.kill());
  return server;
}

function clientOf(url: string): Client {
  const client = connect(url, { retry: { initialMs: 5, maxMs: 100 } });
  onTestFinished(() => client.close());
  return client;
}

async function ok(args: readonly string[], url?: string): Promise<string> {
  const ran = await confer(args, url === undefined ? {} : { url });
  expect(ran.code, ran.stderr).toBe(0);
  return ran.stdout;
}

/** What is left of what is not done. */
function unfinished(directory: string): string[] {
  return existsSync(directory)
    ? readdirSync(directory).filter((name) => name.includes('unfinished-'))
    : [];
}

function sizeOf(name: string): number {
  return statSync(at(name), { throwIfNoEntry: false })?.size ?? 0;
}

/** Some tens of megabytes, which take a while. */
async function fill(client: Client, count: number, length = 1_000): Promise<void> {
  for (let from = 0; from < count; from += 5_000) {
    const paths = Array.from({ length: Math.min(5_000, count - from) }, (_, i) => from + i);
    const put = (i: number) =>
      ({ type: 'put', path: `/many/${i}`, value: `${i} `.repeat(length / 8) }) as const;
    await client.commit({ operations: paths.map(put), timeoutMs: 60_000 });
  }
}

describe('a backup that is taken while others write', () => {
  it('S1 S3 restores to exactly what was there at its revision, while history is dropped behind it', async () => {
    const { url } = await served('data');
    const history = await History.of(clientOf(url));
    const writers = new Restless([clientOf(url), clientOf(url), clientOf(url)], 305);
    const keeper = clientOf(url);
    await fill(keeper, 10_000, 200);
    const compacting = { isOn: true };
    const compacted = (async () => {
      while (compacting.isOn) {
        const { revision } = await keeper.serverStatus();
        await keeper.compact(Math.max(0, revision - KEPT));
      }
    })();
    const revisions: number[] = [];
    for (let i = 0; i < 4; i++)
      revisions.push(
        Number(await ok(['backup', at(`b${i}`), '-o', 'raw', '--timeout', '30s'], url)),
      );
    compacting.isOn = false;
    await Promise.all([compacted, writers.end()]);
    const { compactedRevision } = await keeper.serverStatus();
    expect(compactedRevision).toBeGreaterThan(0);
    expect(writers.commits).toBeGreaterThan(100);
    expect(new Set(revisions).size).toBe(4);
    for (const [i, revision] of revisions.entries()) {
      await vi.waitFor(
        () => expect(history.commits.at(-1)?.revision).toBeGreaterThanOrEqual(revision),
        SOON,
      );
      await ok(['restore', at(`b${i}`), '--data', at(`d${i}`)]);
      const restored = clientOf((await served(`d${i}`)).url);
      const listing = await restored.list('/', { timeoutMs: 30_000 });
      expect(listing.revision).toBe(revision);
      expect(groupsProblem(listing.entries)).toBe(undefined);
      expect(listing.entries).toEqual(history.at(revision));
    }
    await history.end();
  }, 120_000);
});

describe('a backup during which the server is killed and started anew', () => {
  it.runIf(isFull)(
    'S2 begins anew, so that it is of one history (with CONFER_TEST_FULL=1)',
    async () => {
      const server = await served('data');
      const client = clientOf(server.url);
      await fill(client, 25_000);
      const isAmid = () => unfinished(scratch.path).some((name) => sizeOf(join(name, 'b')) > 0);
      const program = startConfer(['backup', at('b'), '-o', 'raw'], { url: server.url });
      await vi.waitFor(() => expect(isAmid()).toBe(true), SOON);
      await server.program.kill();
      const again = await served('data', server.port);
      const { revision } = await client.set('/after', 'x');
      const { code, stdout, stderr } = await program.finished;
      expect(code, stderr).toBe(0);
      expect(again.url).toBe(server.url);
      expect([revision - 1, revision]).toContain(Number(stdout));
      expect(await ok(['backup', 'verify', at('b'), '-o', 'raw'])).toMatch(/^2500[01]\n$/);
    },
    60_000,
  );
});

describe('a restore', () => {
  it('W3 W7 S5 is one difference to mirrors that were connected, and they hold what the server has', async () => {
    const before = await served('data');
    const client = clientOf(before.url);
    const operations = ['/a', '/b', '/c', '/same'].map(
      (path) => ({ type: 'put', path, value: 'before' }) as const,
    );
    await client.commit({ operations });
    await ok(['backup', at('b')], before.url);
    for (let i = 0; i < 20; i++) await client.set('/a', `lost ${i}`);
    await client.remove('/b');
    await client.set('/new', 'lost');
    const mirror = client.mirror('/');
    await mirror.ready();
    const watch = client.watch('/');
    await watch.started();
    const told: MirrorChange[] = [];
    mirror.on('change', (change) => told.push(change));
    const position = mirror.position;
    expect(position?.revision).toBe(23);

    await before.program.kill('SIGTERM');
    renameSync(at('data'), at('lost'));
    await ok(['restore', at('b'), '--data', at('data')]);
    await served('data', before.port);
    await vi.waitFor(() => expect(told).toHaveLength(1), SOON);
    const [change] = told;
    expect(change).toMatchObject({ origin: 'resync', revision: 1 });
    expect(change?.changes.map(({ type, path }) => `${type} ${path}`)).toEqual([
      ...['put /a', 'put /b', 'delete /new'],
    ]);
    expect(mirror.status).toBe('live');
    expect(mirror.position?.epoch).not.toBe(position?.epoch);
    expect(await mirror.verify()).toBe(true);
    expect(mirror.list().map(({ path, value }) => `${path} ${value}`)).toEqual(
      ['/a', '/b', '/c', '/same'].map((path) => `${path} before`),
    );
    await expect(watch.next()).rejects.toMatchObject({ code: 'compacted', reason: 'epoch' });
    expect(await client.set('/a', 'after')).toEqual({ revision: 2 });
    expect(mirror.value('/a')).toBe('after');
    expect(told).toHaveLength(2);
    expect(await mirror.verify()).toBe(true);
  }, 60_000);
});

describe('who is killed or interrupted', () => {
  /** As soon as there is something unfinished beside the file. */
  async function endedAmid(
    args: readonly string[],
    isAmid: () => boolean,
    signal: NodeJS.Signals,
    url?: string,
  ): Promise<Finished> {
    const program = startConfer(args, url === undefined ? {} : { url });
    await vi.waitFor(() => expect(isAmid()).toBe(true), SOON);
    return program.kill(signal);
  }
  const isWriting = () => unfinished(scratch.path).some((name) => sizeOf(join(name, 'b')) > 0);

  it('amid a backup leaves no file of its name, and after an interrupt nothing at all', async () => {
    const { url } = await served('data');
    await fill(clientOf(url), 25_000);
    expect(await endedAmid(['backup', at('b')], isWriting, 'SIGKILL', url)).toMatchObject({
      ...{ code: null, stdout: '' },
    });
    const left = unfinished(scratch.path);
    expect(left).toHaveLength(1);
    expect(existsSync(at('b'))).toBe(false);
    renameSync(at(left[0] ?? ''), at('away'));
    expect(await endedAmid(['backup', at('b')], isWriting, 'SIGINT', url)).toMatchObject({
      ...{ code: 130, stdout: '' },
    });
    expect(readdirSync(scratch.path).sort()).toEqual(['away', 'data']);
    await ok(['backup', at('b')], url);
    expect(await ok(['backup', 'verify', at('b'), '-o', 'raw'])).toBe('25000\n');
  }, 90_000);

  it.runIf(isFull)(
    'amid a restore leaves no store, and the next restore begins anew (with CONFER_TEST_FULL=1)',
    async () => {
      const { url } = await served('data');
      await fill(clientOf(url), 20_000);
      await ok(['backup', at('b')], url);
      const args = ['restore', at('b'), '--data', at('new')];
      const left: string[] = [];
      const isFilling = () =>
        unfinished(at('new')).some(
          (name) => !left.includes(name) && existsSync(join(at('new'), name, 'data.mdb')),
        );
      await endedAmid(args, isFilling, 'SIGKILL');
      left.push(...readdirSync(at('new')));
      expect(left).toEqual([expect.stringContaining('unfinished-')]);
      expect(await endedAmid(args, isFilling, 'SIGINT')).toMatchObject({ code: 130, stdout: '' });
      expect(readdirSync(at('new'))).toEqual([]);
      await endedAmid(args, isFilling, 'SIGKILL');
      await ok(args);
      expect(readdirSync(at('new')).sort()).toEqual(['confer.json', 'data.mdb']);
      expect(await ok(['verify', '--data', at('new')])).toMatch(/^all is well: entries 20000/);
    },
    90_000,
  );
});

describe('a backup to stdout', () => {
  it('is the same as one in a file, and leaves nothing when nobody reads it to its end', async () => {
    const { url } = await served('data');
    await fill(clientOf(url), 10_000);
    const env = { CONFER_URL: url, PATH: process.env.PATH ?? '', TMPDIR: at('tmp') };
    mkdirSync(at('tmp'));
    const run = (script: string) =>
      spawnSync('/bin/sh', ['-c', script], { env, cwd: scratch.path, encoding: 'utf8' });
    const command = `"${process.execPath}" "${CLI}" backup -`;
    const said = run(`${command} > b`);
    expect(said.status, said.stderr).toBe(0);
    expect(said.stderr).toMatch(/^10000 entries as of revision 2 are in what was printed/m);
    expect(await ok(['backup', 'verify', at('b'), '-o', 'raw'])).toBe('10000\n');
    expect(run(`${command} -q | head -c 1000 | wc -c`)).toMatchObject({ status: 0 });
    expect(readdirSync(at('tmp'))).toEqual([]);
  }, 60_000);
});
