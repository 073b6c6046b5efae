import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openLmdbScene } from '../../test-support/lmdb-scene.ts';
import type { Scene } from '../contract/scene.contract.ts';
import { verifyDirectory } from './verify.ts';

const temporary = mkdtempSync(join(tmpdir(), 'confer-put-back-'));
afterAll(() => rmSync(temporary, { recursive: true }));

let names = 0;
const newDirectory = () => join(temporary, String(names++));
const dataOf = (directory: string) => join(directory, 'data.mdb');

/** Writes the same path again and again, each value so long that its record takes some pages. */
async function write(scene: Scene, value: string, times: number, length = 10): Promise<void> {
  for (let i = 0; i < times; i++) await scene.put('/k', value.padEnd(length, '-'));
}

async function run(directory: string, value: string, times: number): Promise<void> {
  const scene = await openLmdbScene(directory);
  await write(scene, value, times);
  await scene.engine.close();
}

/** What SIGKILL leaves of a store that is open: all of it is on the disk. */
async function killed(scene: Scene, directory: string): Promise<string> {
  const copy = newDirectory();
  cpSync(directory, copy, { recursive: true });
  await scene.engine.close();
  return copy;
}

async function valuesIn(directory: string): Promise<(string | undefined)[]> {
  const { engine } = await openLmdbScene(directory);
  const { reads } = engine;
  const values = [...reads.history(0)].map(({ changes: [change] }) =>
    change?.type === 'put' ? change.entry.value.replace(/-+$/, '') : undefined,
  );
  expect(reads.get('/k')?.value.replace(/-+$/, '')).toBe(values.at(-1));
  expect(values).toHaveLength(reads.revision);
  await engine.close();
  return values;
}

/** A store of some runs, each in a copy: what its data were, once they were closed. */
async function storeOfRuns(runs: number): Promise<{ directory: string; older: string }> {
  const directory = newDirectory();
  await run(directory, 'old', 2);
  const older = newDirectory();
  cpSync(dataOf(directory), older);
  for (let i = 0; i < runs; i++) await run(directory, 'later', 1);
  return { directory, older };
}

describe('data of another time in the place of the right ones', () => {
  it('S1 are refused before the log of the right ones is touched, so that these can be put back', async () => {
    for (const runs of [0, 1, 2]) {
      const { directory, older } = await storeOfRuns(runs);
      const scene = await openLmdbScene(directory);
      await write(scene, 'logged', 3);
      const left = await killed(scene, directory);
      const right = newDirectory();
      cpSync(dataOf(left), right);
      for (const wrong of [older, await ofAnotherStore()]) {
        cpSync(wrong, dataOf(left));
        await expect(openLmdbScene(left)).rejects.toThrow(/put back what belongs together/);
      }
      cpSync(right, dataOf(left));
      expect((await verifyDirectory(left, async () => {})).problems).toEqual([]);
      const later = Array<string>(runs).fill('later');
      expect(await valuesIn(left)).toEqual(['old', 'old', ...later, 'logged', 'logged', 'logged']);
    }
  });

  it('S1 S5 that are borne go on with nothing of what their log has of the lost ones', async () => {
    for (const length of [10, 5_000, 20_000])
      for (const times of [0, 1, 2, 7]) {
        const { directory, older } = await storeOfRuns(0);
        await run(directory, 'lost', 12);
        cpSync(older, dataOf(directory));
        const scene = await openLmdbScene(directory, true);
        await write(scene, 'new', times, length);
        const left = await killed(scene, directory);
        expect(await valuesIn(left)).toEqual(['old', 'old', ...Array<string>(times).fill('new')]);
      }
  });
});

async function ofAnotherStore(): Promise<string> {
  const directory = newDirectory();
  await run(directory, 'foreign', 2);
  return dataOf(directory);
}
