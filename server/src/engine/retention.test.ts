import { afterEach, describe, expect, it } from 'vitest';
import { TestClock } from './contract/scene.contract.ts';
import type { Engine } from './engine.ts';
import { openMemoryEngine } from './memory/memory.ts';
import { Retention, type RetentionLimits } from './retention.ts';

const MINUTE_MS = 60_000;
const NO_LIMIT = Number.MAX_SAFE_INTEGER;

/** Time that stands still; sweeps happen when a test says so. */
class SweepClock extends TestClock {
  readonly #due = new Set<() => void>();

  override setTimer(delayMs: number, run: () => void) {
    if (delayMs === 0) return super.setTimer(delayMs, run);
    this.#due.add(run);
    return { cancel: () => void this.#due.delete(run) };
  }

  get waiting(): number {
    return this.#due.size;
  }

  /** One sweep, to its end. */
  async sweep(): Promise<void> {
    for (const run of [...this.#due]) {
      this.#due.delete(run);
      run();
    }
    await expect.poll(() => this.waiting).toBe(1);
  }
}

let stop = () => {};
afterEach(() => stop());

/** An engine that compacts in its own way. */
function compacting(
  { reads, maintenance }: Engine,
  compact: (revision: number) => Promise<void>,
): Pick<Engine, 'reads' | 'maintenance'> {
  return {
    reads,
    maintenance: {
      get historyBytes() {
        return maintenance.historyBytes;
      },
      historyCommits: 0,
      timeAfter: (revision) => maintenance.timeAfter(revision),
      compact,
    },
  };
}

function keeping(
  limits: Partial<RetentionLimits>,
  wrap: (engine: Engine) => Pick<Engine, 'reads' | 'maintenance'> = (engine) => engine,
) {
  const clock = new SweepClock();
  const engine = openMemoryEngine({ clock, newId: () => 'epoch' });
  const all = { ageMs: 0, commits: 0, bytes: NO_LIMIT, ...limits };
  const warnings: string[] = [];
  const retention = new Retention(wrap(engine), clock, all, (text) => warnings.push(text));
  stop = () => retention.stop();
  /** A commit a minute. */
  const write = async (count: number, value = 'v') => {
    for (let i = 0; i < count; i++) {
      clock.time += MINUTE_MS;
      const operations = [{ type: 'put' as const, path: `/k${i % 5}`, value }];
      const requestId = `${clock.time}`;
      await engine.writes.commit({ operations, conditions: [], actor: 'ann', requestId });
    }
  };
  return { clock, engine, write, warnings };
}

describe('history is kept', () => {
  it('by age, to the commit', async () => {
    const { clock, engine, write } = keeping({ ageMs: 10 * MINUTE_MS });
    await write(50);
    await clock.sweep();
    expect(engine.reads.compactedRevision).toBe(39);
    clock.time += 5 * MINUTE_MS;
    await clock.sweep();
    expect(engine.reads.compactedRevision).toBe(44);
    clock.time += 60 * MINUTE_MS;
    await clock.sweep();
    expect(engine.reads.compactedRevision).toBe(50);
    await write(1);
    await clock.sweep();
    expect(engine.reads.compactedRevision).toBe(50);
  });

  it('by the number of commits', async () => {
    const { clock, engine, write } = keeping({ commits: 20 });
    await write(15);
    await clock.sweep();
    expect(engine.reads.compactedRevision).toBe(0);
    await write(35);
    clock.time += 1;
    await clock.sweep();
    expect(engine.reads.compactedRevision).toBe(30);
    expect([...engine.reads.history(30)]).toHaveLength(20);
  });

  it('by whichever of the two keeps more', async () => {
    const { clock, engine, write } = keeping({ ageMs: 10 * MINUTE_MS, commits: 20 });
    await write(50);
    await clock.sweep();
    expect(engine.reads.compactedRevision).toBe(30);
    clock.time += 1_000 * MINUTE_MS;
    await clock.sweep();
    expect(engine.reads.compactedRevision).toBe(30);
    const longer = keeping({ ageMs: 40 * MINUTE_MS, commits: 20 });
    await longer.write(50);
    await longer.clock.sweep();
    expect(longer.engine.reads.compactedRevision).toBe(9);
  });

  it('not beyond so many bytes, whatever the others say', async () => {
    const limits = { ageMs: NO_LIMIT, commits: NO_LIMIT, bytes: 100_000 };
    const { clock, engine, write } = keeping(limits);
    await write(9, 'x'.repeat(10_000));
    await clock.sweep();
    expect(engine.reads.compactedRevision).toBe(0);
    await write(50, 'x'.repeat(10_000));
    await clock.sweep();
    expect(engine.maintenance.historyBytes).toBeLessThanOrEqual(100_000);
    expect(engine.maintenance.historyBytes).toBeGreaterThan(50_000);
    expect(engine.reads.entryCount).toBe(5);
  });

  it('to the end, where one commit alone is beyond the bytes', async () => {
    const { clock, engine, write } = keeping({ commits: NO_LIMIT, bytes: 0 });
    await write(7);
    await clock.sweep();
    expect(engine.reads.compactedRevision).toBe(7);
    expect(engine.maintenance.historyBytes).toBe(0);
  });
});

describe('a sweep', () => {
  it('is never two at once', async () => {
    let running = 0;
    let most = 0;
    const { clock, write } = keeping({ commits: 1 }, (engine) => {
      const compact = async (revision: number) => {
        most = Math.max(most, ++running);
        await engine.maintenance.compact(revision);
        running--;
      };
      return compacting(engine, compact);
    });
    await write(10);
    await Promise.all([clock.sweep(), clock.sweep()]);
    await clock.sweep();
    expect(most).toBe(1);
  });

  it('that fails is said in the log and done again', async () => {
    let failures = 1;
    const { clock, engine, write, warnings } = keeping({ commits: 1 }, (inner) => {
      return compacting(inner, async (revision) => {
        if (failures-- > 0) throw new Error('no room');
        await inner.maintenance.compact(revision);
      });
    });
    await write(10);
    clock.time += MINUTE_MS;
    await clock.sweep();
    expect(warnings).toEqual(['history could not be compacted: no room']);
    expect(engine.reads.compactedRevision).toBe(0);
    await clock.sweep();
    expect(engine.reads.compactedRevision).toBe(9);
  });

  it('comes no more after the end', async () => {
    const { clock } = keeping({});
    expect(clock.waiting).toBe(1);
    stop();
    expect(clock.waiting).toBe(0);
  });
});
