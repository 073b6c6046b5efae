import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { isFull, isLong } from '../support/extent.ts';
import { withDirectory } from '../support/process.ts';
import type { Rule } from './faults.ts';
import { endAll, pathsIn, Served, type Told } from './real-server.ts';
import { behind, degraded, ended, failed, failing, full, unknown, WELL } from './said.ts';
import { shim } from './shim.ts';

const library = shim.library ?? '';
const WRITES_MAX = 60;
/** More than the two segments of the log take. */
const LONG_WRITES = 40;

afterEach(endAll);

/** A server on a disk that fails as soon as it is told to, and has two writes by then. */
async function onDisk(
  rules: readonly Rule[],
  use: (served: Served, directory: string) => Promise<void>,
): Promise<void> {
  await withDirectory(async (home) => {
    const directory = join(home, 'data');
    mkdirSync(directory);
    const served = await Served.start(directory, { faults: { library, rules } });
    for (let i = 0; i < 2; i++) expect(await served.write()).toBe('written');
    await use(served, directory);
    expect(served.ledger.problemsIn(await pathsIn(directory))).toEqual([]);
  });
}

const IO = 'EIO: i/o error, write';
const REASONS = {
  EIO: failing(`wal-0: ${IO}`),
  EROFS: failing('wal-0: EROFS: read-only file system, write'),
  EAGAIN: failing('wal-0: EAGAIN: resource temporarily unavailable, write'),
} as const;
const NAMES = ['EIO', 'EROFS', 'EAGAIN'] as const;
const LOG = { call: 'meta', path: 'wal-*' } as const;

describe.skipIf(shim.library === undefined)(
  `a server whose log cannot be written (${shim.when})`,
  { timeout: 30_000 },
  () => {
    it('S1 S4 goes on after each write or sync that failed, by itself, and says when it is well', async () => {
      // One call makes the file longer for those to come, which may fail unnoticed: so two in a row.
      const rules = NAMES.flatMap((error, i) => [
        { ...LOG, outcome: 'fail', error, after: 16 * i, times: 2 } as const,
        { ...LOG, outcome: 'late', error, after: 16 * i + 8, times: 2 } as const,
      ]);
      await onDisk(rules, async (served) => {
        served.arm();
        const told: Told[] = [];
        while (told.length < WRITES_MAX) told.push(await served.write());
        const refused = told.filter((each) => each !== 'written');
        expect(refused).toEqual(rules.map(() => 'unavailable'));
        const reason = REASONS.EIO;
        expect(served.said).toEqual([degraded(reason)]);
        expect(await served.status()).toEqual({ storage: 'degraded', storageProblem: reason });
        await served.says(WELL);
        expect(await served.status()).toEqual({ storage: 'well' });
        expect((await served.stop()).code).toBe(0);
        expect(served.said).toEqual([degraded(reason), WELL]);
      });
    });

    it.each(isLong ? NAMES : (['EIO'] as const))(
      'S1 S4 says once that each write fails, and reads on (%s)',
      async (error) => {
        const reason = REASONS[error];
        await onDisk([{ ...LOG, outcome: 'fail', error, times: 'always' }], async (served) => {
          served.arm();
          for (let i = 0; i < 5; i++) expect(await served.write()).toBe('unavailable');
          expect(await served.client.get('/small/0')).toMatchObject({ value: '1' });
          expect(await served.status()).toEqual({ storage: 'degraded', storageProblem: reason });
          served.disarm();
          expect(await served.write()).toBe('written');
          served.arm();
          expect(await served.write()).toBe('unavailable');
          expect((await served.stop()).code).toBe(1);
          expect(served.said).toEqual([degraded(reason), ended(reason)]);
        });
      },
    );

    it.each(['ENOSPC', 'EDQUOT'] as const)(
      'S1 writes into the tables what its log has no room for (%s)',
      async (error) => {
        await onDisk([{ ...LOG, outcome: 'fail', error, times: 'always' }], async (served) => {
          served.arm();
          for (let i = 0; i < 5; i++) expect(await served.write()).toBe('written');
          expect((await served.stop()).code).toBe(0);
          expect(served.said).toEqual([]);
        });
      },
    );

    it('S1 S4 ends where it cannot take a write back, as it does not know what became of it', async () => {
      const rules: readonly Rule[] = [
        { ...LOG, outcome: 'late', times: 'always' },
        { call: 'sync', path: 'wal-*', outcome: 'fail', times: 'always' },
      ];
      await onDisk(rules, async (served) => {
        served.arm();
        expect(await served.write()).toBe('outcome_unknown');
        expect((await served.ended()).code).toBe(1);
        const reason = unknown(`wal-0: ${IO}`);
        expect(served.said).toEqual([failed(reason), ended(reason)]);
      });
    });

    it('S1 goes on writing where a write was cut short', async () => {
      await onDisk([{ ...LOG, outcome: 'short', times: 'always' }], async (served) => {
        served.arm();
        for (let i = 0; i < 20; i++) expect(await served.write()).toBe('written');
        expect((await served.stop()).code).toBe(0);
        expect(served.said).toEqual([]);
      });
    });
  },
);

const DATA = { path: 'data.mdb', outcome: 'fail' } as const;
const BROKEN = 'data.mdb: Input/output error';

describe.skipIf(shim.library === undefined)(
  `a server whose data.mdb cannot be written (${shim.when})`,
  () => {
    it.each([
      [{ ...DATA, call: 'sync' }, failing(BROKEN)],
      [{ ...DATA, call: 'write', outcome: 'short' }, failing(BROKEN)],
      [{ ...DATA, call: 'sync', error: 'ENOSPC' }, full('data.mdb: No space left on device')],
      [{ ...DATA, call: 'sync', error: 'EDQUOT' }, full('data.mdb: Disk quota exceeded')],
    ] as const)('S1 S4 says once that each write fails, and reads on: %j', async (rule, reason) => {
      const code = reason.startsWith(full('')) ? 'storage_full' : 'unavailable';
      await onDisk([{ ...rule, times: 'always' }], async (served) => {
        served.arm();
        for (let i = 0; i < 3; i++) expect(await served.writeLarge()).toBe(code);
        expect(await served.client.get('/small/0')).toMatchObject({ value: '1' });
        expect(await served.status()).toEqual({ storage: 'degraded', storageProblem: reason });
        served.disarm();
        expect(await served.writeLarge()).toBe('written');
        served.arm();
        expect(await served.writeLarge()).toBe(code);
        expect((await served.stop()).code).toBe(1);
        expect(served.said).toEqual([degraded(reason), ended(reason)]);
      });
    });

    it.each([
      [{ ...DATA, call: 'write' }, 'unavailable', BROKEN],
      [{ ...DATA, call: 'meta' }, 'outcome_unknown', unknown(BROKEN)],
    ] as const)('S1 S4 ends where LMDB itself cannot go on: %j', async (rule, code, reason) => {
      await onDisk([rule], async (served) => {
        served.arm();
        expect(await served.writeLarge()).toBe(code);
        const mayDie = mayBeKilled({ ...rule, error: 'EIO', times: 1 });
        expect(mayDie ? [1, null] : [1]).toContain((await served.ended(mayDie)).code);
        const said = served.said.filter((line) => !(mayDie && LAST_OF_A_KILLED.test(line)));
        expect(said.slice(-2)).toEqual([failed(reason), ended(reason)]);
        expect(said.slice(0, -2).every((line) => line === degraded(failing(reason)))).toBe(true);
      });
    });

    it('S1 S4 takes writes while its log has room, and is behind with the tables', async () => {
      await onDisk([{ ...DATA, call: 'sync', times: 'always' }], async (served) => {
        served.arm();
        const told: Told[] = [];
        while (told.length < LONG_WRITES && told.at(-1) !== 'unavailable')
          told.push(await served.writeLong());
        expect(told.length).toBeGreaterThan(20);
        expect(told.at(-1)).toBe('unavailable');
        const reason = behind(BROKEN);
        expect(await served.status()).toEqual({ storage: 'degraded', storageProblem: reason });
        served.disarm();
        // Nobody writes: what went wrong in the background is well again there.
        await served.says(WELL);
        expect(await served.status()).toEqual({ storage: 'well' });
        expect(await served.writeLong()).toBe('written');
        expect((await served.stop()).code).toBe(0);
        expect(served.said).toEqual([degraded(reason), WELL]);
      });
    });
  },
);

const CODES = ['EIO', 'EROFS', 'EDQUOT', 'EAGAIN', 'ENOSPC'] as const;
const KINDS = [degraded(''), failed(''), ended(''), WELL];
const COUNT = { write: 10, writeLong: LONG_WRITES, writeLarge: 10 };

const anyRule = [
  { ...LOG, writes: ['write'] },
  { call: 'write', path: 'data.mdb', writes: ['writeLong', 'writeLarge'] },
  { call: 'sync', path: 'data.mdb', writes: ['writeLong', 'writeLarge'] },
  { call: 'meta', path: 'data.mdb', writes: ['writeLong', 'writeLarge'] },
] as const;

/** What the C library says of memory that was damaged. */
const LAST_OF_A_KILLED = /^(free|malloc|munmap_chunk|corrupted|double free|realloc)\b/;
/** A page that LMDB itself could not write may end the process by a signal, where it does not end in order. */
const mayBeKilled = ({ call, outcome }: Rule) => call === 'write' && outcome !== 'short';

/** Of all cases, those that always run. */
const EVERY = isFull ? 83 : 166;

/** Any of the calls, any of the errors: what must be true of all. */
describe.skipIf(shim.library === undefined)(
  `a server whose disk fails in any way (${shim.when})`,
  { timeout: 60_000 },
  () => {
    const cases = anyRule.flatMap(({ writes, ...each }) =>
      (['fail', 'late', 'short'] as const).flatMap((outcome) =>
        (outcome === 'short' ? (['EIO'] as const) : CODES).flatMap((error) =>
          ([1, 'always'] as const).flatMap((times) => {
            const rule: Rule = { ...each, outcome, error, times };
            return writes.map((write) => ({ ...rule, write }));
          }),
        ),
      ),
    );

    it.each(isLong ? cases : cases.filter((_, i) => i % EVERY === 0))(
      'S1 S4 keeps its word: $call $path $outcome $error $times, $write',
      async ({ write, ...rule }) => {
        await onDisk([rule], async (served) => {
          served.arm();
          for (let i = 0; i < COUNT[write] && !served.hasEnded; i++) await served[write]();
          if (mayBeKilled(rule)) {
            await served.kill();
            return;
          }
          const isOver = served.said.some((line) => line.startsWith(failed('')));
          if (!isOver) expect(await served.client.get('/small/0')).toMatchObject({ value: '1' });
          const { code } = isOver ? await served.ended() : await served.stop();
          const said = served.said.join('\n');
          const isWell = said === '' || said.endsWith(WELL);
          expect(code, said).toBe(isWell ? 0 : 1);
          // Each once before it is well again, and nothing that is not for an operator.
          const kinds = served.said.map((line) => KINDS.findIndex((kind) => line.startsWith(kind)));
          expect(kinds, said).not.toContain(-1);
          const episodes = kinds.join('').split(String(KINDS.indexOf(WELL)));
          for (const episode of episodes)
            expect(['', '0', '01', '02', '12', '012'], said).toContain(episode);
        });
      },
    );
  },
);
