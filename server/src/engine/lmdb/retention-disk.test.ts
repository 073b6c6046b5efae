import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { TestClock } from '../contract/scene.contract.ts';
import { Retention } from '../retention.ts';
import { openLmdbEngine } from './open.ts';

const isLong = process.env.CONFER_TEST_LONG === '1';
const ROUNDS = isLong ? 4_000 : 300;
const COMMITS = 100;

/** Each timer waits until the test lets it run. */
class SweepClock extends TestClock {
  #sweep: (() => void) | undefined;

  override setTimer(delayMs: number, run: () => void) {
    // The engine looks after its files more often.
    if (delayMs < 10_000) return { cancel: () => {} };
    this.#sweep = run;
    return { cancel: () => {} };
  }

  async sweep(): Promise<void> {
    const run = this.#sweep;
    this.#sweep = undefined;
    run?.();
    await expect.poll(() => this.#sweep, { timeout: 10_000, interval: 1 }).toBeDefined();
  }
}

it('a data file does not grow for ever when a few keys are overwritten, put and deleted', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'confer-retention-'));
  const clock = new SweepClock();
  const engine = await openLmdbEngine({
    directory,
    clock,
    uptimeMs: () => clock.time,
    random: Math.random,
    defer: setImmediate,
    pid: process.pid,
    newId: () => 'epoch',
    tombstonesMax: 1_000,
  });
  const limits = { ageMs: 0, commits: 300, bytes: Number.MAX_SAFE_INTEGER };
  const retention = new Retention(engine, clock, limits, () => {});
  const write = async (i: number) => {
    const path = `/k${i % 7}`;
    const value = String(i).repeat(400);
    const operation =
      i % 5 === 0 ? { type: 'delete' as const, path } : { type: 'put' as const, path, value };
    const operations = [operation, { type: 'put' as const, path: '/always', value }];
    await engine.writes.commit({ operations, conditions: [], actor: 'ann', requestId: String(i) });
  };
  const sizes: number[] = [];
  try {
    for (let round = 0; round < ROUNDS; round++) {
      // As far apart as request ids are remembered, so that these go too.
      clock.time += 600_000;
      const first = round * COMMITS;
      await Promise.all(Array.from({ length: COMMITS }, (_, i) => write(first + i)));
      await clock.sweep();
      sizes.push(statSync(join(directory, 'data.mdb')).size);
    }
    expect(engine.reads.revision - engine.reads.compactedRevision).toBe(300);
    // The file comes to its height in a few steps. One that keeps all would double.
    const early = Math.max(...sizes.slice(0, ROUNDS / 2));
    expect(Math.max(...sizes)).toBeLessThanOrEqual(isLong ? early : 1.3 * early);
    expect(engine.maintenance.historyBytes).toBeLessThan(10 * 300 * 4_000);
  } finally {
    retention.stop();
    await engine.close();
    rmSync(directory, { recursive: true });
  }
}, 600_000);
