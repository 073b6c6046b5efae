import type { Parameters } from 'fast-check';
import { isLong } from '../support/extent.ts';

/**
 * The same examples on every run, so that `pnpm test` never fails by chance. With CONFER_TEST_LONG
 * there are many more, other ones each time; a failure prints the seed that repeats it.
 */
export const runs: Parameters<unknown> = isLong
  ? { numRuns: 10_000 }
  : { numRuns: 500, seed: 2026 };
