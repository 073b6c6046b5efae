import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, expect, it } from 'vitest';
import { openLmdbScene } from '../../test-support/lmdb-scene.ts';
import { DamageError } from './damage.ts';
import { commitsBetween } from './history.ts';
import { openLmdb } from './lmdb-storage.ts';

const directory = mkdtempSync(`${tmpdir()}/confer-history-`);
afterAll(() => rmSync(directory, { recursive: true }));

it('says of a history that lacks rows that it is damaged, and not that the server has a bug', async () => {
  const scene = await openLmdbScene(directory);
  for (const path of ['/a', '/b']) await scene.put(path, 'value');
  await scene.engine.close();

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
