import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, type TestContext } from 'vitest';
import { Program, withDirectory } from '../support/process.ts';
import { openSmallDisk } from './small-disk.ts';

const SCRATCH = fileURLToPath(new URL('./scratch.mjs', import.meta.url));
const SIZE_MIB = 8;
const RESERVE_BYTES = 256 * 1024;
const ATTEMPTS_MAX = 5000;

/** Grows a file until it cannot; answers with how often it could. */
async function fill(program: Program): Promise<number> {
  for (let count = 0; count < ATTEMPTS_MAX; count++) {
    const from = program.stdout.length;
    program.write('grow\n');
    const told = await program.saw(({ stdout }) => /^grow (\w+)\n/.exec(stdout.slice(from))?.[1]);
    if (told === 'ENOSPC') return count;
  }
  throw new Error('the disk is never full');
}

it('a small ext4 fills up, and has room again for what was deleted (where a disk can be mounted)', async ({
  skip,
}: TestContext) => {
  await withDirectory(async (home) => {
    const disk = openSmallDisk(home, SIZE_MIB);
    if (disk === undefined) return skip('no file system can be mounted here');
    try {
      writeFileSync(join(disk.directory, 'reserve'), Buffer.alloc(RESERVE_BYTES, 'r'));
      const program = new Program(SCRATCH, ['filling', disk.directory]);
      await program.saw(({ stdout }) => /ready/.exec(stdout) ?? undefined);
      expect(await fill(program)).toBeGreaterThan(100);
      program.write('delete\n');
      await program.saw(({ stdout }) => /delete done\n/.exec(stdout) ?? undefined);
      expect(await fill(program)).toBeGreaterThan(0);
      await program.kill();
    } finally {
      disk.remove();
    }
  });
});
