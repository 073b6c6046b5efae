import { expect, it } from 'vitest';
import { isLong } from '../support/extent.ts';
import { simulate } from './run.ts';

const FIRST_SEED = Number(process.env.CONFER_TEST_SEED ?? 1);
const SEEDS = Number(process.env.CONFER_TEST_SEEDS ?? (isLong ? 10_000 : 50));
const SEEDS_PER_TEST = 50;

const runs = Array.from({ length: Math.ceil(SEEDS / SEEDS_PER_TEST) }, (_, i) => ({
  from: FIRST_SEED + i * SEEDS_PER_TEST,
  to: Math.min(FIRST_SEED + (i + 1) * SEEDS_PER_TEST, FIRST_SEED + SEEDS) - 1,
}));

it.each(runs)(
  'W1-W10 W12 S1-S6 tabs that share a connection under faults are each promised what a client is, with seeds $from to $to',
  { timeout: 120_000 },
  async ({ from, to }) => {
    for (let seed = from; seed <= to; seed++) {
      const problems = await simulate({ seed, steps: 120, areTabs: true });
      expect(
        problems,
        `seed ${seed}; repeat: CONFER_TEST_SEED=${seed} CONFER_TEST_SEEDS=1`,
      ).toEqual([]);
    }
  },
);
