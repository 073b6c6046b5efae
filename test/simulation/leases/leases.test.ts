import { describe, expect, it } from 'vitest';
import { isFull, isLong } from '../../support/extent.ts';
import type { EngineName } from '../stores/simulated-store.ts';
import { simulateLeases } from './run.ts';

const SEEDS = Number(process.env.CONFER_TEST_SEEDS ?? (isLong ? 400 : isFull ? 25 : 8));
const FIRST = Number(process.env.CONFER_TEST_SEED ?? 1);

describe.each<EngineName>(['memory', 'lmdb', 'etcd'])('leases on %s', (engine) => {
  it('S3 are lost to their holders before they end, and leave nothing behind, whatever fails', async () => {
    const failed: string[] = [];
    let all = 0;
    for (let seed = FIRST; seed < FIRST + SEEDS; seed++) {
      const { problems, leases } = await simulateLeases({ seed, steps: 60, engine });
      all += leases;
      for (const problem of problems) failed.push(`${engine} seed ${seed}: ${problem}`);
    }
    expect(failed.slice(0, 5)).toEqual([]);
    // It is about something.
    expect(all).toBeGreaterThan(4 * SEEDS);
  }, 600_000);
});
