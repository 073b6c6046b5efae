import { describe, expect, it } from 'vitest';
import { isLong } from '../../support/extent.ts';
import { simulateGateways } from './run.ts';

const FIRST_SEED = Number(process.env.CONFER_TEST_SEED ?? 1);
const SEEDS = Number(process.env.CONFER_TEST_SEEDS ?? (isLong ? 5_000 : 50));
/** Of each bug that only a rare seed found. */
const FOUND_BY = [78, 161, 258, 308, 353, 1172];
const STEPS = 36;
/** What always runs is to stay short. */
const TXNS_EVERY = isLong ? 1 : 2;
const SEEDS_PER_TEST = 40;

async function expectRight(seed: number, areTxns = false): Promise<void> {
  const problems = await simulateGateways({ seed, steps: STEPS, areTxns });
  expect(problems, `seed ${seed}; repeat: CONFER_TEST_SEED=${seed} CONFER_TEST_SEEDS=1`).toEqual(
    [],
  );
}

describe('S1 S2 S3 S4 S5 W1 W2 W3 W4 W8 W9 W12 several gateways over a model of etcd, under faults,', () => {
  const runs = Array.from({ length: Math.ceil(SEEDS / SEEDS_PER_TEST) }, (_, i) => ({
    from: FIRST_SEED + i * SEEDS_PER_TEST,
    to: Math.min(FIRST_SEED + (i + 1) * SEEDS_PER_TEST, FIRST_SEED + SEEDS) - 1,
  }));

  it.each(runs)(
    'show what is there, and make each write once, with seeds $from to $to',
    { timeout: 120_000 },
    async ({ from, to }) => {
      for (let seed = from; seed <= to; seed++) await expectRight(seed);
    },
  );

  it.each(FOUND_BY)('do it right with seed %i, which once found that they did not', (seed) =>
    expectRight(seed),
  );

  it.each(runs)(
    'do one branch of each transaction, once, with seeds $from to $to',
    { timeout: 120_000 },
    async ({ from, to }) => {
      for (let seed = from; seed <= to; seed += TXNS_EVERY) await expectRight(seed, true);
    },
  );
});
