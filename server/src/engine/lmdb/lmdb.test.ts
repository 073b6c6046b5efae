import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '@confer/shared';
import { afterAll, describe, expect, it } from 'vitest';
import { RowBudget } from '../../row-budget.ts';
import { CHILD, Child } from '../contract/child.contract.ts';
import { describeEngine } from '../contract/engine.contract.ts';
import { type EngineTestOptions, failureOf, Scene, TestClock } from '../contract/scene.contract.ts';
import type { Engine, ScanQuery } from '../engine.ts';
import { IDEMPOTENCY_WINDOW_MS } from '../idempotency.ts';
import { openLmdbEngine } from './open.ts';

const temporary = mkdtempSync(join(tmpdir(), 'confer-lmdb-'));
afterAll(() => rmSync(temporary, { recursive: true }));

let names = 0;
const newDirectory = () => join(temporary, String(names++));
const newId = () => `epoch-${names++}`;
const directories = new WeakMap<Engine, string>();

async function openIn(
  directory: string,
  clock: Clock = new TestClock(),
  options: EngineTestOptions = {},
): Promise<Engine> {
  const engine = await openLmdbEngine({
    directory,
    clock,
    uptimeMs: () => (clock instanceof TestClock ? clock.time : clock.now()),
    random: Math.random,
    defer: setImmediate,
    pid: process.pid,
    newId,
    ...options,
  });
  directories.set(engine, directory);
  return engine;
}

describeEngine('the LMDB engine', {
  open: (clock, options) => openIn(newDirectory(), clock, options),
  reopen: (closed, clock) => openIn(directories.get(closed) ?? '', clock),
});

describe('a subtree of paths that are written over and over', () => {
  it('W10 is read as it was a piece at a time: the way back of each path counts as well', async () => {
    const scene = new Scene(await openIn(newDirectory()), new TestClock());
    const paths = Array.from({ length: 20 }, (_, i) => `/hot/${10 + i}`);
    for (let i = 0; i < 200; i++)
      await scene.commit(paths.map((path) => ({ type: 'put', path, value: `${i}` })));
    const first = paths.map((path) => ({ path, value: '0' }));
    expect(inPieces(scene.engine, (query) => scene.engine.reads.scan(query))).toEqual({
      found: first.map((entry) => expect.objectContaining(entry)),
      // Of each path some 200 changes are gone back over, and two paths are all that a piece has.
      pieces: 11,
    });
    const { found, pieces } = inPieces(scene.engine, (query) =>
      scene.engine.reads.scanStates(query),
    );
    expect([found.length, pieces]).toEqual([20, 11]);
    await scene.engine.close();
  });
});

/** Reads a subtree as its first commit made it, in pieces of 300 rows. */
function inPieces<Found>(engine: Engine, read: (query: ScanQuery) => Iterable<Found>) {
  const found: Found[] = [];
  const at = engine.reads.compactedRevision + 1;
  let pieces = 0;
  for (let after: string | undefined; ; ) {
    const budget = new RowBudget(300);
    found.push(
      ...read({
        subtree: '/hot',
        at,
        budget,
        ...(after === undefined ? {} : { start: { after } }),
      }),
    );
    pieces++;
    after = budget.stoppedAfter;
    if (after === undefined) return { found, pieces };
  }
}

describe('a killed server', () => {
  it('S1 S3 lost nothing that it acknowledged and left nothing half done', async () => {
    const directory = newDirectory();
    for (let round = 0; round < 3; round++) {
      const writer = new Child('count', directory);
      await writer.said(400 + 150 * round);
      await writer.kill();
      const acknowledged = new Map(writer.lines.slice(1).map((line) => splitCount(line)));
      expect(acknowledged.size).toBe(16);
      const engine = await openIn(directory);
      try {
        expectCounted(engine, acknowledged);
      } finally {
        await engine.close();
      }
    }
  });
});

describe('a server killed amid large commits', () => {
  it('S1 S3 has all that it acknowledged, each as a whole, however far its tables were', async () => {
    const directory = newDirectory();
    for (const commits of [1, 4, 9]) {
      const writer = new Child('large', directory);
      await writer.said(1 + commits);
      await writer.kill();
      const acknowledged = Number(writer.lines.at(-1));
      const scene = new Scene(await openIn(directory), new TestClock());
      const { engine } = scene;
      expect([acknowledged, acknowledged + 1]).toContain(engine.reads.revision);
      const expected = engine.reads.revision % 3 === 0 ? 0 : 2_500;
      expect(engine.reads.entryCount).toBe(expected);
      const values = [...engine.reads.scan({ subtree: '/big', at: engine.reads.revision })];
      expect(values).toHaveLength(expected);
      expect(values.every(({ value }) => value === String(engine.reads.revision))).toBe(true);
      const gone = engine.reads.revision < 3 ? 0 : 2_500 - expected;
      expect(scene.deleted()).toHaveLength(gone);
      const sizes = [...engine.reads.history(0)].map(({ changes }) => changes.length);
      expect(sizes).toEqual(sizes.map(() => 2_500));
      await engine.close();
    }
  }, 60_000);
});

function splitCount(line: string): [string, number] {
  const [name = '', count] = line.split(' ');
  return [name, Number(count)];
}

/** Each writer has one commit at most that was not acknowledged, and each commit is whole. */
function expectCounted(engine: Engine, acknowledged: ReadonlyMap<string, number>): void {
  for (const [name, count] of acknowledged) {
    const stored = Number(engine.reads.get(`/${name}/a`)?.value);
    expect(stored).toBeGreaterThanOrEqual(count);
    expect(stored).toBeLessThanOrEqual(count + 1);
    expect(engine.reads.get(`/${name}/b`)?.value).toBe(String(stored));
  }
  let revision = 0;
  for (const commit of engine.reads.history(0)) {
    expect(commit.revision).toBe(++revision);
    expect(commit.changes).toHaveLength(2);
  }
  expect(revision).toBe(engine.reads.revision);
  expect(engine.reads.entryCount).toBe(32);
}

describe('a compaction', () => {
  it('that was broken off leaves all readable, and the next one finishes it', async () => {
    const directory = newDirectory();
    const scene = new Scene(await openIn(directory), new TestClock());
    const puts = Array.from({ length: 4_000 }, (_, i) =>
      scene.put(`/k${i % 50}`, String(i), { requestId: `put-${i}` }),
    );
    await Promise.all(puts);
    const upTo = scene.engine.reads.revision - 10;
    const expected = scene.values('/', upTo);
    const compaction = failureOf(() => scene.engine.maintenance.compact(upTo));
    while (scene.engine.reads.compactedRevision < upTo) await new Promise(setImmediate);
    await scene.engine.close();
    expect((await compaction).code).toBe('unavailable');

    const clock = new TestClock();
    const again = new Scene(await openIn(directory, clock), clock);
    expect(again.engine.reads.compactedRevision).toBe(upTo);
    expect(again.values('/', upTo)).toEqual(expected);
    expect(again.history(upTo)).toEqual(scene.fed.slice(-10));
    const last = await again.put('/k0', '2000', { requestId: 'put-2000' });
    expect(last.revision).toBeLessThan(upTo);
    again.clock.time += IDEMPOTENCY_WINDOW_MS + 1;
    await again.engine.maintenance.compact(upTo);
    const anew = await again.put('/k0', '2000', { requestId: 'put-2000' });
    expect(anew.revision).toBeGreaterThan(upTo);
    expect(again.values('/', upTo)).toEqual(expected);
    await again.engine.close();
  });

  it('of a commit larger than a step goes over several', async () => {
    const scene = new Scene(await openIn(newDirectory()), new TestClock());
    const puts = (value: string) =>
      Array.from({ length: 3_500 }, (_, i) => ({ type: 'put', path: `/k${i}`, value }) as const);
    await scene.commit(puts('1'));
    await scene.commit(puts('2'));
    await scene.deleteSubtree('/');
    const { revision } = await scene.put('/k1', '3');
    await scene.engine.maintenance.compact(revision - 1);
    expect(scene.values('/', revision - 1)).toEqual([]);
    expect(scene.values()).toEqual(['/k1=3']);
    await scene.engine.close();
  });
});

describe('a write', () => {
  it('S3 that meets a bug while it is judged is refused, and those beside it are not', async () => {
    class BreakingClock extends TestClock {
      looksLeft = Number.POSITIVE_INFINITY;
      override now(): number {
        if (this.looksLeft-- <= 0) throw new Error('no time');
        return super.now();
      }
    }
    const clock = new BreakingClock();
    const scene = new Scene(await openIn(newDirectory(), clock), clock);
    await scene.put('/a', '1');
    clock.looksLeft = 1;
    const [, failure] = await Promise.all([
      scene.put('/a', '2'),
      failureOf(() => scene.put('/b', '2')),
    ]);
    expect(failure.code).toBe('unavailable');
    clock.looksLeft = Number.POSITIVE_INFINITY;
    expect(scene.values()).toEqual(['/a=2']);
    await scene.put('/a', '3');
    expect(scene.values()).toEqual(['/a=3']);
    await scene.engine.close();
  });

  const smallDisk = 'mount -t tmpfs -o size=6m tmpfs "$1"';
  const canMount =
    spawnSync('unshare', ['-rm', 'sh', '-c', smallDisk, 'sh', temporary]).status === 0;

  it.skipIf(!canMount)(
    'that finds the disk full is refused, and smaller ones are not (where a disk can be mounted)',
    () => {
      const directory = newDirectory();
      mkdirSync(directory);
      const run = `${smallDisk} && exec "$2" "$3" fill "$1"`;
      const { stdout } = spawnSync(
        'unshare',
        ['-rm', 'sh', '-c', run, 'sh', directory, process.execPath, CHILD],
        { encoding: 'utf8' },
      );
      expect(stdout.trim().split('\n')).toEqual(['open', 'storage_full', 'before', 'after']);
    },
  );

  it.skipIf(!canMount)(
    'that finds the disk full has a way out: deletes, compaction, a clean stop (where a disk can be mounted)',
    () => {
      const directory = newDirectory();
      mkdirSync(directory);
      const mount = 'mount -t tmpfs -o size=24m tmpfs "$1"';
      const run = `${mount} && exec "$2" "$3" wayOut "$1"`;
      const { stdout } = spawnSync(
        'unshare',
        ['-rm', 'sh', '-c', run, 'sh', directory, process.execPath, CHILD],
        { encoding: 'utf8' },
      );
      expect(stdout.trim().split('\n')).toEqual([
        'open',
        'full storage_full',
        'deletes ok',
        'compact ok',
        'puts ok',
        'all ok',
        'closed',
      ]);
    },
  );
});
