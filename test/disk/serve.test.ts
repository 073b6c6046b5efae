import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { withDirectory } from '../support/process.ts';
import type { Rule } from './faults.ts';
import { FailingServer, numbersIn } from './served.ts';
import { shim } from './shim.ts';

const library = shim.library ?? '';
const isLong = process.env.CONFER_TEST_LONG === '1';

/** Codes that promise that nothing was written. */
const REFUSED = ['unavailable', 'storage_full'];
const WRITES = 40;

type Case = Required<Pick<Rule, 'call' | 'path' | 'outcome' | 'times' | 'error'>>;

const PLACES: readonly Pick<Case, 'call' | 'path'>[] = [
  { call: 'meta', path: 'wal-*' },
  { call: 'write', path: 'data.mdb' },
  { call: 'sync', path: 'data.mdb' },
  { call: 'meta', path: 'data.mdb' },
];

const all: readonly Case[] = PLACES.flatMap((place) =>
  (['fail', 'late', 'short'] as const)
    .filter((outcome) => place.call !== 'sync' || outcome !== 'short')
    .flatMap((outcome) =>
      ([1, 3, 'always'] as const).flatMap((times) =>
        (['EIO', 'ENOSPC', 'EDQUOT', 'EROFS', 'EAGAIN'] as const).map((error) => ({
          ...place,
          outcome,
          times,
          error,
        })),
      ),
    ),
);

const short: readonly Case[] = [
  { call: 'meta', path: 'wal-*', outcome: 'fail', times: 3, error: 'EIO' },
  { call: 'meta', path: 'wal-*', outcome: 'fail', times: 'always', error: 'EROFS' },
  { call: 'meta', path: 'wal-*', outcome: 'fail', times: 'always', error: 'EDQUOT' },
  { call: 'meta', path: 'wal-*', outcome: 'late', times: 'always', error: 'EAGAIN' },
  { call: 'meta', path: 'wal-*', outcome: 'short', times: 'always', error: 'ENOSPC' },
  { call: 'write', path: 'data.mdb', outcome: 'fail', times: 3, error: 'ENOSPC' },
  { call: 'write', path: 'data.mdb', outcome: 'fail', times: 'always', error: 'EIO' },
  { call: 'sync', path: 'data.mdb', outcome: 'fail', times: 'always', error: 'EIO' },
  { call: 'meta', path: 'data.mdb', outcome: 'fail', times: 1, error: 'EIO' },
  { call: 'meta', path: 'data.mdb', outcome: 'late', times: 'always', error: 'ENOSPC' },
];

const count = (text: string, pattern: RegExp) => text.match(pattern)?.length ?? 0;

describe.skipIf(shim.library === undefined)(`a server whose disk fails (${shim.when})`, () => {
  it.each(isLong ? all : short)(
    'S1 S4 keeps its word, and says it once: $call of $path, $outcome with $error, $times time(s)',
    { timeout: 60_000 },
    async ({ call, path, outcome, times, error }) => {
      await withDirectory(async (home) => {
        const directory = join(home, 'data');
        mkdirSync(directory);
        const rules = [{ call, path, outcome, times, error, after: 5 }];
        const server = await FailingServer.start(library, directory, { rules });
        const { writer, watched } = server;
        for (let i = 0; i < 10; i++) expect(await writer.write()).toBe('written');
        watched.arm();
        for (let i = 0; i < WRITES && !server.hasEnded; i++) await writer.write();
        const status = server.hasEnded ? undefined : await server.status();
        const { code, stderr } = await server.end();

        const found = await numbersIn(directory);
        const told = [...writer.told];
        for (const [number, answer] of told) {
          if (answer === 'written') expect(found, stderr).toContain(number);
          if (REFUSED.includes(answer)) expect(found, stderr).not.toContain(number);
        }
        const isTroubled = told.some(([, answer]) => answer !== 'written');
        const lines = count(stderr, / error the storage (is degraded|has failed)/g);
        expect(lines, stderr).toBeGreaterThanOrEqual(isTroubled ? 1 : 0);
        expect(count(stderr, / error the storage is degraded/g), stderr).toBeLessThanOrEqual(1);
        expect(count(stderr, / error the storage has failed/g), stderr).toBeLessThanOrEqual(1);
        const isWell = status?.storage === 'well';
        expect(isWell, stderr).toBe(!isTroubled);
        // What lmdb-js notes of a page that it could not write goes beyond its buffer: the process may die of
        // that at its very end. On a disk that is full, blocks are taken before, and it never comes to that.
        if (call !== 'write' || code !== null) expect(code, stderr).toBe(isWell ? 0 : 1);
        expect(stderr.includes('error[storage]: the storage failed: '), stderr).toBe(!isWell);
      });
    },
  );

  it('S1 heals without a restart, and says so', { timeout: 60_000 }, async () => {
    await withDirectory(async (home) => {
      const directory = join(home, 'data');
      mkdirSync(directory);
      const rule = { call: 'meta', path: 'wal-*', outcome: 'fail', times: 'always' } as const;
      const server = await FailingServer.start(library, directory, { rules: [rule] });
      const { writer, watched } = server;
      watched.arm();
      expect(await writer.write()).toBe('unavailable');
      expect(await server.status()).toMatchObject({
        storage: 'degraded',
        storageProblem: 'writes fail: wal-0: EIO: i/o error, write',
      });
      watched.disarm();
      expect(await writer.write()).toBe('written');
      await watched.program.saw(
        ({ stderr }) => / info the storage is well again\n/.exec(stderr) ?? undefined,
      );
      const { storage } = await server.status();
      expect(storage).toBe('well');
      expect((await server.end()).code).toBe(0);
    });
  });
});
