import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { Rig, TestClock } from '../contract/rig.contract.ts';
import { DELETIONS_MAX } from '../deletions-limit.ts';
import { openLmdbStorage } from './lmdb-storage.ts';
import { engineOn } from './open.ts';

const temporary = mkdtempSync(join(tmpdir(), 'confer-upkeep-'));
afterAll(() => rmSync(temporary, { recursive: true }));

it('a small store is brought up to date once its entries are read, and not by reading a few', async () => {
  const storage = await openLmdbStorage(join(temporary, 'data'), () => 'epoch');
  const clock = new TestClock();
  const rig = new Rig(engineOn(storage, clock, DELETIONS_MAX), clock);
  const puts = (from: number, to: number) =>
    Promise.all(
      Array.from({ length: to - from }, (_, i) => rig.put(`/k${from + i}`, String(from + i))),
    );
  await puts(0, 400);
  const before = rig.values();
  await puts(400, 600);
  expect(storage.tables.entries.count()).toBe(0);
  const after = rig.values();
  await expect.poll(() => storage.tables.entries.count()).toBe(600);
  expect(rig.values()).toEqual(after);
  expect(before).toHaveLength(400);
  await rig.engine.close();
});
