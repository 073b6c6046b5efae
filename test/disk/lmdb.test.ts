import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { isFull, isLong } from '../support/extent.ts';
import { withDirectory } from '../support/process.ts';
import type { Rule } from './faults.ts';
import { Looker } from './looker.ts';
import { linesOf } from './recording.ts';
import { shim } from './shim.ts';
import { type DiskState, diskStates } from './states.ts';
import { record } from './watch.ts';

const SCRATCH = fileURLToPath(new URL('./scratch.mjs', import.meta.url));
const STATES = isLong ? 3000 : 300;
/** Of a disk that failed. */
const FAILED_STATES = isFull ? 600 : 150;
const TIMEOUT_MS = isLong ? 300_000 : 60_000;
const seed = Number(process.env.CONFER_TEST_SEED ?? 1);
const PUTS = 40;
const KEYS = 7;
/** The meta page of this put is written, and then not synced. */
const FAILING = 30;

/** What does not agree with what was acknowledged. */
function lossesIn({ lines }: DiskState, seen: unknown): string[] {
  const entries = new Map<string, unknown>(Object.entries(Object(seen)));
  const acknowledged = new Map<string, number>();
  for (const line of lines) {
    const put = Number(line.split(' ')[1]);
    acknowledged.set(`key ${put % KEYS}`, put);
  }
  return [...acknowledged].flatMap(([key, put]) => {
    const found = entries.get(key);
    const isKept = typeof found === 'number' && found >= put && found % KEYS === put % KEYS;
    return isKept ? [] : [`${key} has ${found} and not ${put}`];
  });
}

interface Judged {
  readonly checked: number;
  readonly losses: readonly string[];
  readonly lines: readonly string[];
}

/** Opens what LMDB left in every state, from the first put that returned. */
async function judge(task: string, rules: readonly Rule[], count: number): Promise<Judged> {
  return withDirectory(async (home) => {
    const directory = join(home, 'data');
    mkdirSync(directory);
    const command = [SCRATCH, task, directory] as const;
    const faults = { rules };
    const recording = await record(shim.library ?? '', command, { directory, faults });
    let looker = new Looker(SCRATCH, 'looking');
    const disk = join(home, 'disk');
    const losses: string[] = [];
    let checked = 0;
    for (const state of diskStates(recording, { seed, count })) {
      // Before that the store may be of any shape, and LMDB be killed by it.
      if (state.lines.length === 0) continue;
      state.writeTo(disk);
      const lost = await looker.look(disk).then(
        (seen) => lossesIn(state, seen),
        // A store that kills whoever opens it has lost everything.
        (error) => {
          looker = new Looker(SCRATCH, 'looking');
          return [String(error)];
        },
      );
      if (lost.length > 0) losses.push(`${lost.join(', ')}\n${state.describe()}`);
      checked += 1;
    }
    await looker.end();
    return { checked, losses, lines: linesOf(recording) };
  });
}

describe.skipIf(shim.library === undefined)(
  `plain LMDB (${shim.when})`,
  { timeout: TIMEOUT_MS },
  () => {
    it('keeps every put that it acknowledged, in every state of the disk', async () => {
      const { checked, losses, lines } = await judge('lmdb', [], STATES);
      expect(losses).toEqual([]);
      expect(checked).toBeGreaterThan(STATES / 2);
      expect(lines).toHaveLength(PUTS);
    });

    const late: Rule = { call: 'meta', after: FAILING, outcome: 'late', error: 'EIO' };

    /**
     * 1. The meta page of a put comes to the disk, but the sync fails. LMDB takes it back in memory
     *    with a write that it does not sync, and the put fails.
     * 2. Opened anew, LMDB knows nothing of that, and writes the next put over the same pages.
     * 3. The power fails before these are complete: the meta page of 1 leads to pages of 2.
     */
    it('loses puts when it goes on after a meta page whose sync failed', async () => {
      const { losses, lines } = await judge('lmdb', [late], FAILED_STATES);
      expect(lines).toHaveLength(PUTS - 1);
      expect(losses).not.toEqual([]);
    });

    it('keeps what it acknowledged if the file is synced before the next put', async () => {
      const { losses, lines } = await judge('lmdb-synced', [late], FAILED_STATES);
      expect(lines).toHaveLength(PUTS - 1);
      expect(losses).toEqual([]);
    });

    it.each(['write', 'sync'] as const)(
      'keeps what it acknowledged when a %s of pages fails',
      async (call) => {
        const rule: Rule = {
          call,
          path: 'data.mdb',
          after: FAILING,
          outcome: 'fail',
          error: 'EIO',
        };
        const { losses, lines } = await judge('lmdb', [rule], isFull ? STATES : FAILED_STATES);
        expect(lines).toHaveLength(PUTS - 1);
        expect(losses).toEqual([]);
      },
    );
  },
);
