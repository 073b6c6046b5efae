import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** Where LMDB 0.9.90, which lmdb-js 3.5 is built on, has things in the first page of a file. */
const MAGIC_AT = 24;
const MAGIC = 0xbeefc0de;
const VERSION_AT = 28;
const VERSION_MASK = 0xffff;
const VERSIONS: ReadonlySet<number> = new Set([1, 2]);
const PAGE_BYTES_AT = 48;
const HEADER_BYTES = 176;

/**
 * Why `file` cannot be LMDB's, or `undefined`. A file that is absent or empty will be begun.
 *
 * LMDB maps its file into memory and trusts it: without this look, a file of something else or a
 * copy that broke off early would kill the process instead of failing to open.
 */
export function headerProblem(file: string): string | undefined {
  const header = Buffer.alloc(HEADER_BYTES);
  const size = readStart(file, header);
  if (size === 0) return undefined;
  if (header.readUInt32LE(MAGIC_AT) !== MAGIC) return 'it is not from Confer';
  const version = header.readUInt32LE(VERSION_AT) & VERSION_MASK;
  if (!VERSIONS.has(version)) return `LMDB's data version ${version} is not known`;
  if (size < 2 * header.readUInt32LE(PAGE_BYTES_AT)) return 'the file is cut off';
  return undefined;
}

/** Fills `target` from the start of the file and returns the file's size. */
function readStart(file: string, target: Buffer): number {
  let descriptor: number;
  try {
    descriptor = openSync(file, 'r');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return 0;
    throw error;
  }
  try {
    readSync(descriptor, target, 0, target.length, 0);
    return fstatSync(descriptor).size;
  } finally {
    closeSync(descriptor);
  }
}
