import { describe, expect, it } from 'vitest';
import { isLong } from '../../support/extent.ts';
import { engineNames } from '../stores/simulated-store.ts';
import { simulateRights } from './run.ts';

const FIRST_SEED = Number(process.env.CONFER_TEST_SEED ?? 1);
const SEEDS = Number(process.env.CONFER_TEST_SEEDS ?? (isLong ? 3_000 : 20));
const STEPS = 80;
const SEEDS_PER_TEST = 20;

const runs = Array.from({ length: Math.ceil(SEEDS / SEEDS_PER_TEST) }, (_, i) => ({
  from: FIRST_SEED + i * SEEDS_PER_TEST,
  to: Math.min(FIRST_SEED + (i + 1) * SEEDS_PER_TEST, FIRST_SEED + SEEDS) - 1,
}));

describe.each(engineNames)(
  'W11 W7 principals on %s, whose roles and tokens change under load,',
  (engine) => {
    it.each(runs)(
      'are told what they may read at its revision, all of it, and nothing else, with seeds $from to $to',
      { timeout: 120_000 },
      async ({ from, to }) => {
        for (let seed = from; seed <= to; seed++)
          expect(
            await simulateRights({ seed, steps: STEPS, engine }),
            `seed ${seed}; repeat: CONFER_TEST_SEED=${seed} CONFER_TEST_SEEDS=1`,
          ).toEqual([]);
      },
    );
  },
);
