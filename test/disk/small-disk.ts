import { spawnSync } from 'node:child_process';
import { closeSync, ftruncateSync, mkdirSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const MIB = 2 ** 20;

/** A file system of the usual kind, ext4, that is small. */
export interface SmallDisk {
  readonly directory: string;
  remove(): void;
}

/** `undefined` where the system does not let us mount one. */
export function openSmallDisk(within: string, sizeMiB: number): SmallDisk | undefined {
  const directory = join(within, 'small');
  const image = join(within, 'image');
  mkdirSync(directory);
  const descriptor = openSync(image, 'w');
  ftruncateSync(descriptor, sizeMiB * MIB);
  closeSync(descriptor);
  // Without blocks that are kept for root, and the folder for what a check finds.
  const isMade = runs('mkfs.ext4', ['-q', '-m', '0', '-E', 'root_owner', image]);
  if (!isMade || !runs('mount', ['-o', 'loop', image, directory])) return undefined;
  rmSync(join(directory, 'lost+found'), { recursive: true });
  return { directory, remove: () => void runs('umount', ['-l', directory]) };
}

/** The same in memory, where there is less of a file system between the process and the end of room. */
export function openTmpfs(within: string, sizeMiB: number): SmallDisk | undefined {
  const directory = join(within, 'tmpfs');
  mkdirSync(directory);
  if (!runs('mount', ['-t', 'tmpfs', '-o', `size=${sizeMiB}m`, 'tmpfs', directory]))
    return undefined;
  return { directory, remove: () => void runs('umount', ['-l', directory]) };
}

function runs(command: string, args: readonly string[]): boolean {
  const PATH = `${process.env.PATH}:/usr/sbin:/sbin`;
  return spawnSync(command, args, { env: { ...process.env, PATH } }).status === 0;
}
