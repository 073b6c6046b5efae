import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Program } from '../support/process.ts';

const BYTES_PER_BLOCK = 512;

interface Memory {
  readonly resident: number;
  /** Without the pages of its files, which are only a cache. */
  readonly own: number;
}

/** What a process holds in memory. */
export function memoryMiBOf({ child: { pid } }: Program): Memory {
  const text = readFileSync(`/proc/${pid}/status`, 'utf8');
  const of = (name: string) => {
    const [, kib] = new RegExp(`${name}:\\s+([0-9]+)`).exec(text) ?? [];
    return Math.round(Number(kib) / 1024);
  };
  return { resident: of('VmRSS'), own: of('RssAnon') };
}

export function descriptorsOf({ child: { pid } }: Program): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** What the files of a directory take on the disk. */
export function diskMiBOf(directory: string): number {
  const blocks = readdirSync(directory).map((name) => statSync(join(directory, name)).blocks);
  return Math.round((blocks.reduce((sum, each) => sum + each, 0) * BYTES_PER_BLOCK) / 2 ** 20);
}
