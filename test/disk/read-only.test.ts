import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it, type TestContext } from 'vitest';
import { Scene, TestClock } from '../../server/src/engine/contract/scene.contract.ts';
import { openLmdbEngine } from '../../server/src/engine/lmdb/open.ts';
import { repairDirectory } from '../../server/src/engine/lmdb/repair.ts';
import { verifyDirectory } from '../../server/src/engine/lmdb/verify.ts';
import { withDirectory } from '../support/process.ts';
import { openTmpfs } from './small-disk.ts';

let names = 0;
const newId = () => `id-${names++}`;
const pause = async () => {};

async function open(directory: string): Promise<Scene> {
  const clock = new TestClock();
  const engine = await openLmdbEngine({
    directory,
    clock,
    uptimeMs: () => 0,
    random: Math.random,
    defer: setImmediate,
    pid: process.pid,
    newId,
  });
  return new Scene(engine, clock);
}

it('S1 of a disk that takes no writes any more, a store is verified and salvaged (where a disk can be mounted)', async ({
  skip,
}: TestContext) => {
  await withDirectory(async (home) => {
    const disk = openTmpfs(home, 16);
    if (disk === undefined) return skip('no file system can be mounted here');
    try {
      const directory = join(disk.directory, 'data');
      const scene = await open(directory);
      await scene.put('/a', 'value');
      await scene.engine.close();
      spawnSync('mount', ['-o', 'remount,ro', disk.directory]);
      await expect(open(directory)).rejects.toThrow('cannot be written to: EROFS');
      expect((await verifyDirectory(directory, pause)).problems).toEqual([]);
      const into = join(home, 'salvaged');
      const repaired = await repairDirectory(directory, {
        into,
        newId,
        defer: setImmediate,
        pause,
      });
      expect(repaired).toEqual({ entries: 1, revision: 1, problems: [] });
    } finally {
      disk.remove();
    }
  });
});
