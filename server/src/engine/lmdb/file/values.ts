import type { LmdbFile } from './lmdb-file.ts';
import { LARGE_VALUE_AT, type NodeValue, Page, PageProblem } from './page.ts';

/** Throws a `PageProblem` where a value that has pages of its own does not fit them. */
export function requireWhole(file: LmdbFile, value: NodeValue): void {
  if (value.kind === 'inline') return;
  const { page, pages, length } = value;
  if (pages < 1 || length > pages * file.pageBytes - LARGE_VALUE_AT)
    throw new PageProblem('has a long value that does not fit its pages');
  const first = new Page(file.read(page), page, file.newest.transaction);
  if (first.kind !== 'overflow' || first.overflowPages !== pages)
    throw new PageProblem(`leads to page ${page}, which is no long value of ${pages} pages`);
}

export function bytesOf(file: LmdbFile, value: NodeValue): Buffer {
  if (value.kind === 'inline') return value.bytes;
  const run = file.read(value.page, value.pages);
  return run.subarray(LARGE_VALUE_AT, LARGE_VALUE_AT + value.length);
}

export function pageAt(file: LmdbFile, number: number): Page {
  return new Page(file.read(number), number, file.newest.transaction);
}

/** LMDB keeps the tables of a file as rows of one, and lmdb-js ends their names as C does. */
export function tableName(key: Buffer): string {
  return key.toString('utf8', 0, key.at(-1) === 0 ? key.length - 1 : key.length);
}
