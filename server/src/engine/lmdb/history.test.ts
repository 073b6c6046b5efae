import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, expect, it } from 'vitest';
import { Scene, TestClock } from '../contract/scene.contract.ts';
import { DamageError } from './damage.ts';
import { commitsBetween } from './history.ts';
import { openLmdb } from './lmdb-storage.ts';
import { openLmdbEngine } from './open.ts';

const directory = mkdtempSync(`${tmpdir()}/confer-history-`);
afterAll(() => rmSync(directory, { recursive: true }));

it('says of a history that lacks rows that it is damaged, and not that the server has a bug', async () => {
  const clock = new TestClock();
  const engine = await openLmdbEngine({
    directory,
    clock,
    uptimeMs: () => 0,
    random: Math.random,
    defer: setImmediate,
    pid: process.pid,
    newId: () => 'id',
  });
  const scene = new Scene(engine, clock);
  for (const path of ['/a', '/b']) await scene.put(path, 'value');
  await engine.close();

  const storage = await openLmdb(directory, () => {});
  const revisions = (after: number) =>
    [...commitsBetween(storage.tables, after, 2)].map(({ revision }) => revision);
  expect(revisions(0)).toEqual([1, 2]);
  await storage.transaction(({ entries, log }) => {
    entries.remove('/a');
    log.remove([2, '/b']);
  });
  storage.show();
  expect(() => revisions(0)).toThrow(DamageError);
  expect(() => revisions(1)).toThrow(DamageError);
  await storage.close();
});
