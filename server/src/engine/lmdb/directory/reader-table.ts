import { rmSync, writeFileSync } from 'node:fs';
import type { StoreFiles } from './store-files.ts';

/** More than LMDB needs for its table of readers, so that it adds nothing. */
const READER_TABLE_BYTES = 64 * 1024;

/**
 * Makes LMDB's table of readers anew: what is left of the one before means nothing to who has the store
 * to itself. LMDB maps it into memory, and a page that is not on the disk yet, on a disk that is full,
 * kills the process that touches it. So all of it is written first, where a failure has a name.
 */
export function makeReaderTable({ readers }: StoreFiles): void {
  rmSync(readers, { recursive: true, force: true });
  writeFileSync(readers, Buffer.alloc(READER_TABLE_BYTES));
}
