import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const MIB = 2 ** 20;
const DISK_MIB = 24;
const BALLAST_MIB = 12;

/** A file system of its own, on which there is soon no room, until `makeRoom`. */
export interface SmallDisk {
  readonly dataDirectory: string;
  makeRoom(): void;
  remove(): void;
}

/** `undefined` where the system does not let us mount one. */
export function openSmallDisk(within: string): SmallDisk | undefined {
  const directory = join(within, 'disk');
  mkdirSync(directory);
  if (!runs('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MIB}m`, 'tmpfs', directory]))
    return undefined;
  const ballast = join(directory, 'ballast');
  writeFileSync(ballast, Buffer.alloc(BALLAST_MIB * MIB));
  return {
    dataDirectory: join(directory, 'data'),
    makeRoom: () => rmSync(ballast),
    remove: () => void runs('umount', ['-l', directory]),
  };
}

function runs(command: string, args: readonly string[]): boolean {
  return spawnSync(command, args).status === 0;
}
