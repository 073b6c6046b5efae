import { closeSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { freePort, Program, serve, withDirectory } from '../support/process.ts';
import { NumberWriter, numbersIn } from './served.ts';
import { openSmallDisk, openTmpfs } from './small-disk.ts';

const CLI = fileURLToPath(new URL('../../cli/dist/main.js', import.meta.url));
const isLong = process.env.CONFER_TEST_LONG === '1';
const DISK_MIB = 48;
const FREE_BYTES = isLong
  ? [0, 4_096, 12_288, 40_000, 100_000, 200_000, 500_000, 1_000_000, 3_000_000]
  : [0, 4_096, 40_000, 300_000];
const START_MS = 20_000;

/** Leaves so much room on a disk, and no more. Returns what gives it back. */
function fill(directory: string, leavingBytes: number): () => void {
  const path = join(directory, 'filler');
  const file = openSync(path, 'w');
  const room = () => {
    const { bavail, bsize } = statfsSync(directory);
    return bavail * bsize;
  };
  for (let bytes = 1024 * 1024; bytes >= 4_096; )
    if (room() - bytes < leavingBytes) bytes /= 2;
    else if (!tryWrite(file, bytes)) break;
  closeSync(file);
  return () => rmSync(path);
}

function tryWrite(file: number, bytes: number): boolean {
  try {
    return writeSync(file, Buffer.alloc(bytes, 1)) === bytes;
  } catch {
    return false;
  }
}

/** Starts a server, and ends it where it could start. */
async function tryToStart(data: string): Promise<{ code: number | null; stderr: string }> {
  const listen = `127.0.0.1:${await freePort()}`;
  const program = new Program(CLI, ['serve', '--listen', listen, '--data', data]);
  const isUp = await program.saw(
    ({ stdout, child }) =>
      child.exitCode !== null || child.signalCode !== null
        ? 'ended'
        : /\n/.test(stdout)
          ? 'up'
          : undefined,
    START_MS,
  );
  return isUp === 'up' ? program.kill('SIGTERM') : program.finished;
}

/** Leaves a store with some numbers; returns which. */
async function filled(data: string, isKilled: boolean): Promise<readonly number[]> {
  const { program, url } = await serve(['--data', data]);
  const writer = new NumberWriter(url, program.finished);
  for (let i = 0; i < 12; i++) expect(await writer.write()).toBe('written');
  await writer.close();
  await program.kill(isKilled ? 'SIGKILL' : 'SIGTERM');
  return [...writer.told.keys()];
}

const cases = (['ext4', 'tmpfs'] as const).flatMap((kind) =>
  (['new', 'closed', 'killed'] as const).map((state) => ({ kind, state })),
);

it.for(cases)(
  'S1 a start on a full $kind with a store that is $state works or says why, and hinders no later one (where a disk can be mounted)',
  { timeout: 300_000 },
  async ({ kind, state }, { skip }) => {
    await withDirectory(async (home) => {
      const disk = kind === 'ext4' ? openSmallDisk(home, DISK_MIB) : openTmpfs(home, DISK_MIB);
      if (disk === undefined) return skip('no file system can be mounted here');
      try {
        for (const freeBytes of FREE_BYTES) {
          const data = join(disk.directory, `data-${freeBytes}`);
          const numbers = state === 'new' ? [] : await filled(data, state === 'killed');
          const giveBack = fill(disk.directory, freeBytes);
          const { code, stderr } = await tryToStart(data);
          const said = `${freeBytes} bytes: ${code}\n${stderr}`;
          expect([0, 1, 2], said).toContain(code);
          if (code === 2) expect(stderr.match(/^error\[storage\]: .+\n$/), said).not.toBeNull();
          giveBack();
          const found = await numbersIn(data);
          expect(
            [...found].sort((a, b) => a - b),
            said,
          ).toEqual(numbers);
          rmSync(data, { recursive: true });
        }
      } finally {
        disk.remove();
      }
    });
  },
);
