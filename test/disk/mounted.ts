import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSmallDisk, openTmpfs } from './small-disk.ts';

const PAGE_BYTES = 4096;

/** The usual file system, or one in memory, which sets nothing aside for itself. */
export type DiskKind = 'ext4' | 'tmpfs';

/** A small disk that can be filled, and given up. */
export interface MountedDisk {
  readonly directory: string;
  /** Leaves no more room than that, in pages. */
  fill(leaveBytes: number): void;
  /** Gives the room back. */
  empty(): void;
  /** The system gives an ext4 up, as after a broken disk: nobody writes to it, who has it open or not. */
  giveUp(): void;
  /** Repairs what was given up, and mounts it again. */
  bringBack(): void;
  remove(): void;
}

/** `undefined` where the system does not let us mount one. */
export function mountDisk(
  within: string,
  sizeMiB: number,
  kind: DiskKind,
): MountedDisk | undefined {
  const disk = kind === 'ext4' ? openSmallDisk(within, sizeMiB) : openTmpfs(within, sizeMiB);
  if (disk === undefined) return undefined;
  const { directory } = disk;
  const ballast = join(directory, 'ballast');
  const remove = () => disk.remove();
  return {
    directory,
    fill: (leaveBytes) => fill(directory, ballast, leaveBytes),
    empty: () => rmSync(ballast),
    giveUp: () => run('mount', ['-o', 'remount,abort', directory]),
    bringBack() {
      const image = join(within, 'image');
      remove();
      run('e2fsck', ['-fy', image]);
      run('mount', ['-o', 'loop', image, directory]);
    },
    remove,
  };
}

function fill(directory: string, ballast: string, leaveBytes: number): void {
  const left = () => {
    const { bavail, bsize } = statfsSync(directory);
    return bavail * bsize - leaveBytes;
  };
  const descriptor = openSync(ballast, 'w');
  try {
    for (let bytes = left(); bytes > 0; bytes = left())
      writeSync(descriptor, Buffer.alloc(Math.max(PAGE_BYTES, bytes / 2)));
  } catch {
    // A file needs some blocks that are not its own, and these are not there any more.
  } finally {
    closeSync(descriptor);
  }
}

/** What was repaired is no failure, though `e2fsck` says so with its code: the next step tells. */
function run(command: string, args: readonly string[]): void {
  const PATH = `${process.env.PATH}:/usr/sbin:/sbin`;
  spawnSync(command, args, { env: { ...process.env, PATH } });
}

function canMountOne(kind: DiskKind): boolean {
  const within = mkdtempSync(join(tmpdir(), 'confer-mount-'));
  const disk = mountDisk(within, 1, kind);
  disk?.remove();
  rmSync(within, { recursive: true });
  return disk !== undefined;
}

/** Whether the system lets us mount both kinds. */
export const canMount = canMountOne('ext4') && canMountOne('tmpfs');
