import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it, type TestContext } from 'vitest';
import { repairDirectory } from '../../server/src/engine/lmdb/repair.ts';
import { verifyDirectory } from '../../server/src/engine/lmdb/verify.ts';
import { newId, openLmdbScene } from '../../server/src/test-support/lmdb-scene.ts';
import { withDirectory } from '../support/process.ts';
import { openTmpfs } from './small-disk.ts';

const pause = async () => {};

it('S1 of a disk that takes no writes any more, a store is verified and salvaged (where a disk can be mounted)', async ({
  skip,
}: TestContext) => {
  await withDirectory(async (home) => {
    const disk = openTmpfs(home, 16);
    if (disk === undefined) return skip('no file system can be mounted here');
    try {
      const directory = join(disk.directory, 'data');
      const scene = await openLmdbScene(directory);
      await scene.put('/a', 'value');
      await scene.engine.close();
      spawnSync('mount', ['-o', 'remount,ro', disk.directory]);
      await expect(openLmdbScene(directory)).rejects.toThrow('cannot be written to: EROFS');
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
