import { readFileSync } from 'node:fs';

/*
 * How much of what could be tried a run tries. What always runs stays within its six minutes; with `CONFER_TEST_FULL=1`
 * it is some minutes more, which `.ci/run` tries; with `CONFER_TEST_LONG=1` it is all there is, for hours.
 */

export const isLong = process.env.CONFER_TEST_LONG === '1';
export const isFull = isLong || process.env.CONFER_TEST_FULL === '1';

/** Of the files in `at-length.json` no test fits into the six minutes. `pnpm test` leaves them to `CONFER_TEST_FULL=1`. */
export const leftOut: readonly string[] =
  process.env.CONFER_TEST_SHORT === '1' && !isFull ? filesAtLength() : [];

function filesAtLength(): readonly string[] {
  const files: unknown = JSON.parse(
    readFileSync(new URL('../at-length.json', import.meta.url), 'utf8'),
  );
  if (Array.isArray(files) && files.every((file) => typeof file === 'string')) return files;
  throw new Error('test/at-length.json is a list of files');
}
