import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Entry } from '@confer/shared';
import { afterAll, describe, expect, it } from 'vitest';
import { Scene, TestClock } from '../contract/scene.contract.ts';
import { openLmdbEngine } from './open.ts';
import { type RestoreOptions, restoreDirectory } from './restore.ts';
import { verifyDirectory } from './verify.ts';

const temporary = mkdtempSync(join(tmpdir(), 'confer-restore-'));
afterAll(() => rmSync(temporary, { recursive: true }));

let names = 0;
const newDirectory = () => join(temporary, String(names++));
const noPause = async () => {};
const newId = () => `id-${names++}`;

const LONG = 'long '.repeat(1_000);
const ENTRIES: readonly Entry[] = [
  {
    ...{ path: '/app', value: 'a\u{1f600}"\\', createRevision: 3, modRevision: 90, version: 4 },
    ...{ updatedAt: 1_700_000_000_500, updatedBy: 'ann' },
  },
  {
    ...{ path: '/app/long', value: LONG, createRevision: 7, modRevision: 7, version: 1 },
    ...{ updatedAt: 1_600_000_000_000, updatedBy: 'bob', lease: 'lease-1' },
  },
  {
    ...{ path: '/.confer/auth/roles/dev', value: '{}', createRevision: 8, modRevision: 8 },
    ...{ version: 1, updatedAt: 1_600_000_000_000, updatedBy: 'root' },
  },
];
const REVISION = 95;

async function* pagesOf(...pages: readonly (readonly Entry[])[]) {
  yield* pages;
}

function restore(directory: string, options: Partial<RestoreOptions> = {}) {
  const entries = pagesOf(ENTRIES.slice(0, 1), [], ENTRIES.slice(1));
  const all = { entries, revision: REVISION, newId, defer: setImmediate, pause: noPause };
  return restoreDirectory(directory, { ...all, ...options });
}

async function withScene(directory: string, use: (scene: Scene) => unknown): Promise<void> {
  const clock = new TestClock();
  const engine = await openLmdbEngine({
    ...{ directory, clock, uptimeMs: () => 0, random: Math.random, defer: setImmediate },
    ...{ pid: process.pid, newId },
  });
  try {
    await use(new Scene(engine, clock));
  } finally {
    await engine.close();
  }
}

describe('a directory that was restored', () => {
  it('S1 holds each entry with all that was known of it, at the revision of the backup, in a new epoch', async () => {
    const directory = newDirectory();
    const { epoch, ...restored } = await restore(directory);
    expect(restored).toEqual({ entries: 3, revision: REVISION });
    expect((await verifyDirectory(directory, noPause)).problems).toEqual([]);
    await withScene(directory, ({ engine }) => {
      expect(engine.epoch).toBe(epoch);
      const { revision, compactedRevision, tombstoneFloor, entryCount } = engine.reads;
      expect({ revision, compactedRevision, tombstoneFloor, entryCount }).toEqual({
        ...{ revision: 95, compactedRevision: 95, tombstoneFloor: 95, entryCount: 3 },
      });
      for (const entry of ENTRIES) expect(engine.reads.get(entry.path)).toEqual(entry);
    });
  });

  it('S5 goes on with revisions above that of the backup, and its history begins there', async () => {
    const directory = newDirectory();
    await restore(directory);
    await withScene(directory, async ({ engine, clock }) => {
      clock.time = 1_650_000_000_000;
      const request = { conditions: [], actor: 'ann', requestId: 'r1' };
      const put = { type: 'put', path: '/app', value: 'new' } as const;
      expect(await engine.writes.commit({ ...request, operations: [put] })).toMatchObject({
        revision: 96,
      });
      expect(engine.reads.get('/app')).toMatchObject({ createRevision: 3, version: 5 });
      // The clock is behind that of who wrote the backup, and times of commits never run backwards.
      expect(engine.reads.get('/app')?.updatedAt).toBe(1_700_000_000_500);
      const before = [...engine.reads.scan({ subtree: '/', at: REVISION })];
      expect(before).toEqual(ENTRIES.slice(0, 2));
      expect(() => [...engine.reads.history(REVISION - 1)]).toThrow(/compact|history/);
      expect([...engine.reads.history(REVISION)]).toHaveLength(1);
    });
    await withScene(directory, ({ engine }) => expect(engine.reads.revision).toBe(96));
  });

  it('may be one that nothing was in', async () => {
    const directory = newDirectory();
    await restore(directory, { entries: pagesOf(), revision: 0 });
    await withScene(directory, ({ engine }) => expect(engine.reads.revision).toBe(0));
  });
});

describe('a restore', () => {
  it('refuses a directory with anything in it, and leaves that as it is', async () => {
    const directory = newDirectory();
    await restore(directory);
    const before = readdirSync(directory);
    await expect(restore(directory)).rejects.toMatchObject({ kind: 'unwritable' });
    expect(readdirSync(directory)).toEqual(before);
    const file = newDirectory();
    writeFileSync(file, '');
    await expect(restore(file)).rejects.toThrow(/is not a directory/);
    const other = newDirectory();
    mkdirSync(join(other, 'audit'), { recursive: true });
    await expect(restore(other)).rejects.toThrow(/is not empty: it has audit/);
  });

  it('takes an empty directory, a mounted disk, and one that a restore before was killed in', async () => {
    const directory = newDirectory();
    mkdirSync(join(directory, 'unfinished-x'), { recursive: true });
    writeFileSync(join(directory, 'unfinished-x', 'data.mdb'), 'half');
    mkdirSync(join(directory, 'lost+found'));
    await restore(directory);
    expect(readdirSync(directory).sort()).toEqual(['confer.json', 'data.mdb', 'lost+found']);
  });

  it('that fails leaves nothing, not even the directories that it made', async () => {
    const missing = newDirectory();
    const failing = async function* () {
      yield ENTRIES;
      throw new Error('the backup is damaged');
    };
    const directory = join(missing, 'a', 'b');
    await expect(restore(directory, { entries: failing() })).rejects.toThrow(/is damaged/);
    expect(readdirSync(temporary)).not.toContain(missing.split('/').at(-1));
    const empty = newDirectory();
    mkdirSync(empty);
    const pause = async () => {
      throw new Error('interrupted');
    };
    await expect(restore(empty, { pause })).rejects.toThrow(/interrupted/);
    expect(readdirSync(empty)).toEqual([]);
  });

  it('refuses an entry that comes twice, which would be lost without a word', async () => {
    const directory = newDirectory();
    const entries = pagesOf(ENTRIES, ENTRIES.slice(0, 1));
    await expect(restore(directory, { entries })).rejects.toThrow(/is missing or twice/);
    expect(readdirSync(temporary)).not.toContain(directory.split('/').at(-1));
  });

  it('is refused while another one, or a server, is in the directory, and never takes its place', async () => {
    const directory = newDirectory();
    const refusals: unknown[] = [];
    const pause = async () => {
      refusals.push(await restore(directory).catch(({ kind }) => kind));
    };
    await restore(directory, { pause });
    expect(new Set(refusals)).toEqual(new Set(['locked']));
    const served = newDirectory();
    const meanwhile = async () => {
      await withScene(served, () => {});
    };
    const lost = await restore(served, { pause: meanwhile }).catch((error: unknown) => error);
    expect(lost).toBeInstanceOf(Error);
    await withScene(served, ({ engine }) => expect(engine.reads.revision).toBe(0));
  });
});
