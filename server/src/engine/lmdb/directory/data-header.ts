import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/**
 * Where LMDB 0.9.90, which lmdb-js 3.5 is built on, has things in a meta page. The first two pages
 * of a file are meta pages, and the one of the later transaction counts.
 */
const at = { magic: 24, version: 28, pageBytes: 48, freeRoot: 88, mainRoot: 136, transaction: 152 };
const META_BYTES = 176;
const MAGIC = 0xbeefc0de;
const VERSION = 2;
const SECOND_META = 1n;
/** The root of a table without rows. */
const NO_PAGE = 2n ** 64n - 1n;

/**
 * Why `file` cannot be opened, or `undefined`.
 *
 * LMDB maps its file into memory and trusts it: without this look, a file of something else or a
 * copy that broke off would kill the process instead of failing to open. It finds what is cut off
 * before one of the two root pages, not all damage.
 */
export function headerProblem(file: string): string | undefined {
  const descriptor = openSync(file, 'r');
  try {
    return problemOf(descriptor, fstatSync(descriptor).size);
  } finally {
    closeSync(descriptor);
  }
}

function problemOf(descriptor: number, sizeBytes: number): string | undefined {
  if (sizeBytes === 0) return 'it is empty';
  const first = readMeta(descriptor, 0);
  if (first.readUInt32LE(at.magic) !== MAGIC) return 'it is not from Confer';
  const version = first.readUInt32LE(at.version);
  if (version !== VERSION) return `LMDB's data version ${version} is not known`;
  const pageBytes = first.readUInt32LE(at.pageBytes);
  const second = readMeta(descriptor, pageBytes);
  const transactionOf = (meta: Buffer) => meta.readBigUInt64LE(at.transaction);
  const newest = transactionOf(second) > transactionOf(first) ? second : first;
  const roots = [at.freeRoot, at.mainRoot].map((position) => newest.readBigUInt64LE(position));
  const isCutOff = [SECOND_META, ...roots]
    .filter((page) => page !== NO_PAGE)
    .some((page) => (page + 1n) * BigInt(pageBytes) > sizeBytes);
  return isCutOff ? 'the file is cut off' : undefined;
}

function readMeta(descriptor: number, position: number): Buffer {
  const meta = Buffer.alloc(META_BYTES);
  readSync(descriptor, meta, 0, META_BYTES, position);
  return meta;
}
