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
import { diskStates } from './states.ts';
import { record } from './watch.ts';

const CHILD = fileURLToPath(new URL('./store-child.mjs', import.meta.url));
const STATES = isLong ? 4_000 : isFull ? 25 : 12;
const seed = Number(process.env.CONFER_TEST_SEED ?? 1);
const library = shim.library ?? '';

interface Found {
  readonly problem?: string;
  readonly revision: number;
  readonly values: Readonly<Record<string, string>>;
  readonly history: number;
  readonly expected: number;
  readonly known: number;
}

function foundIn(seen: unknown): Found {
  if (typeof seen !== 'object' || seen === null) throw new Error(`seen: ${seen}`);
  return { revision: 0, values: {}, history: 0, expected: 0, known: 0, ...seen };
}

/** The numbers that were acknowledged, with their revisions. */
function acknowledged(lines: readonly string[]): ReadonlyMap<number, number> {
  const found = new Map<number, number>();
  for (const line of lines) {
    const [, number, revision] = /^ack (\d+) (\d+)$/.exec(line) ?? [];
    if (number !== undefined) found.set(Number(number), Number(revision));
  }
  return found;
}

/** What is wrong with a store that was left after some lines were said, one line each. */
function problemsOf(found: Found, lines: readonly string[], mayNotOpen = false): string[] {
  if (found.problem !== undefined) return mayNotOpen ? [] : [`it does not open: ${found.problem}`];
  const told = acknowledged(lines);
  const last = Math.max(-1, ...told.keys());
  const has = Number(found.values['/last'] ?? -1);
  const problems: string[] = [];
  if (has < last) problems.push(`S1 ${last} was acknowledged, ${has} is there`);
  if (found.history !== found.expected) problems.push('S3 history has a hole');
  for (const [path, value] of Object.entries(found.values)) {
    const [, key] = /^\/k\/(\d)$/.exec(path) ?? [];
    if (key === undefined) continue;
    if (Number(value) > has) problems.push(`S3 ${path} is ${value}, and the last is ${has}`);
    if (Number(value) % 7 !== Number(key)) problems.push(`${path} is ${value}`);
  }
  const revision = told.get(has);
  if (revision !== undefined && found.known !== revision)
    problems.push(`S4 ${has} was made at ${revision}, and again at ${found.known}`);
  return problems;
}

describe.skipIf(shim.library === undefined)(`a store whose disk loses power (${shim.when})`, () => {
  it('S1 S3 S4 has all that it acknowledged, whole, in every state of the disk', {
    timeout: 900_000,
  }, async () => {
    await withDirectory(async (home) => {
      const directory = join(home, 'data');
      mkdirSync(directory);
      const recording = await record(library, [CHILD, 'write', directory], { directory });
      expect(acknowledged(linesOf(recording)).size).toBe(80);
      const looker = new Looker(CHILD, 'look');
      const disk = join(home, 'disk');
      for (const state of diskStates(recording, { seed, count: STATES })) {
        state.writeTo(disk);
        const found = foundIn(await looker.look(disk));
        expect(problemsOf(found, state.lines), `${state.index}: ${state.describe()}`).toEqual([]);
      }
      await looker.end();
    });
  });
});

const RULES: readonly (Omit<Rule, 'outcome' | 'after'> & { readonly path: string })[] = [
  { call: 'meta', path: 'wal-*' },
  { call: 'meta', path: 'data.mdb' },
  { call: 'write', path: 'data.mdb' },
  { call: 'sync', path: 'data.mdb' },
  { call: 'sync', path: 'wal-*' },
];

describe.skipIf(shim.library === undefined)(`a store whose disk fails (${shim.when})`, () => {
  const cases = RULES.flatMap((rule) =>
    (['fail', 'late', 'short'] as const).flatMap((outcome) =>
      (rule.call === 'sync' && outcome === 'short' ? [] : [1, 'always' as const]).map((times) => ({
        ...rule,
        outcome,
        times,
      })),
    ),
  );

  it.each(isLong ? cases : cases.filter((_, i) => i % (isFull ? 2 : 4) === 0))(
    'S1 S3 S4 keeps its word when $call of $path does $outcome, $times time(s)',
    { timeout: 120_000 },
    async (rule) => {
      await withDirectory(async (home) => {
        for (const after of isLong ? [0, 3, 8, 20, 40, 77] : [20]) {
          const directory = join(home, `data-${after}`);
          mkdirSync(directory);
          const faults = { rules: [{ ...rule, after }] };
          const command = [CHILD, 'write', directory] as const;
          // What lmdb-js notes of a page that it could not write goes beyond its buffer.
          const mayBeKilled = rule.call === 'write';
          const recording = await record(library, command, { directory, faults, mayBeKilled });
          const lines = linesOf(recording);
          const looker = new Looker(CHILD, 'look');
          // As the next process finds it, and as it is after a loss of power.
          const now = foundIn(await looker.look(directory));
          const isOpened = lines.includes('open');
          expect(problemsOf(now, lines, !isOpened), lines.join('\n')).toEqual([]);
          // Who was told that nothing was written finds nothing.
          const refused = lines.flatMap((line) => {
            const [, number, code] = /^refused (\d+) (\w+)$/.exec(line) ?? [];
            return number !== undefined && code !== 'outcome_unknown' ? [Number(number)] : [];
          });
          expect(refused, 'what was refused is there').not.toContain(Number(now.values['/last']));
          const disk = join(home, 'disk');
          for (const state of diskStates(recording, { seed, count: isLong ? 100 : 1 })) {
            state.writeTo(disk);
            const found = foundIn(await looker.look(disk));
            expect(problemsOf(found, state.lines, !isOpened), state.describe()).toEqual([]);
          }
          await looker.end();
        }
      });
    },
  );
});
