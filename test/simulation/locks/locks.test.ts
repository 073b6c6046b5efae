import { describe, expect, it } from 'vitest';
import { isFull, isLong } from '../../support/extent.ts';
import { simulateLocks } from './run.ts';

const FIRST_SEED = Number(process.env.CONFER_TEST_SEED ?? 1);
const SEEDS = Number(process.env.CONFER_TEST_SEEDS ?? (isLong ? 3_000 : isFull ? 40 : 6));
const STEPS = 60;
const SEEDS_PER_TEST = 20;

describe('S2 S4 a lock that several processes want, under cuts, silence, pauses, kills and restarts,', () => {
  const runs = Array.from({ length: Math.ceil(SEEDS / SEEDS_PER_TEST) }, (_, i) => ({
    from: FIRST_SEED + i * SEEDS_PER_TEST,
    to: Math.min(FIRST_SEED + (i + 1) * SEEDS_PER_TEST, FIRST_SEED + SEEDS) - 1,
  }));

  it.each(runs)(
    'is of one at a time, first come first served, and always had again, with seeds $from to $to',
    { timeout: 120_000 },
    async ({ from, to }) => {
      let acquisitions = 0;
      for (let seed = from; seed <= to; seed++) {
        const run = await simulateLocks(seed, STEPS);
        acquisitions += run.acquisitions;
        expect(run.problems, `seed ${seed}`).toEqual([]);
      }
      expect(acquisitions).toBeGreaterThan((to - from + 1) * 20);
    },
  );
});
