import { describe, expect, it } from 'vitest';
import type { EngineName } from '../stores/simulated-store.ts';
import { simulateLeases } from './run.ts';

const LONG = process.env.CONFER_TEST_LONG === '1';
const SEEDS = Number(process.env.CONFER_TEST_SEEDS ?? (LONG ? 400 : 25));
const FIRST = Number(process.env.CONFER_TEST_SEED ?? 1);

describe.each<EngineName>(['memory', 'lmdb'])('leases on %s', (engine) => {
  it('S3 are lost to their holders before they end, and leave nothing behind, whatever fails', async () => {
    const failed: string[] = [];
    for (let seed = FIRST; seed < FIRST + SEEDS; seed++)
      for (const problem of await simulateLeases({ seed, steps: 60, engine }))
        failed.push(`${engine} seed ${seed}: ${problem}`);
    expect(failed.slice(0, 5)).toEqual([]);
  }, 600_000);
});
