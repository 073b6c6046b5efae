import { expect, it } from 'vitest';
import { isFull, isLong } from '../../support/extent.ts';
import { simulateDiscovery } from './run.ts';

const FIRST_SEED = Number(process.env.CONFER_TEST_SEED ?? 1);
const SEEDS = Number(process.env.CONFER_TEST_SEEDS ?? (isLong ? 3_000 : isFull ? 40 : 6));
const STEPS = 60;
const SEEDS_PER_TEST = 20;

it.each(
  Array.from({ length: Math.ceil(SEEDS / SEEDS_PER_TEST) }, (_, i) => ({
    from: FIRST_SEED + i * SEEDS_PER_TEST,
    to: Math.min(FIRST_SEED + (i + 1) * SEEDS_PER_TEST, FIRST_SEED + SEEDS) - 1,
  })),
)(
  'W7 W8 all that follow a service see just the instances that live, as they are, after any faults, with seeds $from to $to',
  { timeout: 120_000 },
  async ({ from, to }) => {
    for (let seed = from; seed <= to; seed++)
      expect(await simulateDiscovery(seed, STEPS), `seed ${seed}`).toEqual([]);
  },
);
