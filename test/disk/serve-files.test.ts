import {
  cpSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { withDirectory } from '../support/process.ts';
import { endAll, pathsIn, refusalOf, Served } from './real-server.ts';
import {
  cutOff,
  ended,
  failed,
  logInUse,
  removed,
  replaced,
  salvageable,
  suspect,
  unreadable,
} from './said.ts';

afterEach(endAll);

/** Puts another file with the same content in the place of one. */
/** At once: between a removal and a copy a server may look. */
function replace(path: string): void {
  writeFileSync(`${path}.copy`, readFileSync(path));
  renameSync(`${path}.copy`, path);
}

describe('a server whose files are taken away', () => {
  const ways = [
    [
      'the directory is removed',
      (at: string) => rmSync(at, { recursive: true }),
      'data.mdb',
      removed,
    ],
    ['the directory is moved', (at: string) => renameSync(at, `${at}.away`), 'data.mdb', removed],
    [
      'a copy takes its place',
      (at: string) => {
        cpSync(at, `${at}.copy`, { recursive: true });
        renameSync(at, `${at}.away`);
        renameSync(`${at}.copy`, at);
      },
      'data.mdb',
      replaced,
    ],
    ['data.mdb is removed', (at: string) => rmSync(join(at, 'data.mdb')), 'data.mdb', removed],
    ['data.mdb is replaced', (at: string) => replace(join(at, 'data.mdb')), 'data.mdb', replaced],
    ['wal-0 is removed', (at: string) => rmSync(join(at, 'wal-0')), 'wal-0', removed],
    ['wal-0 is replaced', (at: string) => replace(join(at, 'wal-0')), 'wal-0', replaced],
    ['wal-1 is removed', (at: string) => rmSync(join(at, 'wal-1')), 'wal-1', removed],
    ['wal-1 is replaced', (at: string) => replace(join(at, 'wal-1')), 'wal-1', replaced],
  ] as const;
  /** Those after which all is there, at its place or where it was moved to. */
  const isLost = (what: string) => /directory is removed|data.mdb is removed/.test(what);

  it('S1 notices within seconds, says which, and ends', { timeout: 60_000 }, async () => {
    const look = async ([what, take, name, how]: (typeof ways)[number]) => {
      await withDirectory(async (home) => {
        const directory = join(home, 'data');
        const served = await Served.start(directory);
        for (let i = 0; i < 5; i++) expect(await served.write()).toBe('written');
        take(directory);
        const takenAt = Date.now();
        const { code } = await served.ended();
        expect(Date.now() - takenAt, what).toBeLessThan(10_000);
        expect(code, what).toBe(1);
        const reason = how(join(directory, name));
        expect(served.said, what).toEqual([failed(reason), ended(reason)]);
        if (isLost(what)) return;
        const place = what === 'the directory is moved' ? `${directory}.away` : directory;
        expect(served.ledger.problemsIn(await pathsIn(place)), what).toEqual([]);
      });
    };
    // They wait for the next look more than they work.
    await Promise.all(ways.map(look));
  });

  it('S1 notices that data.mdb was cut off, and touches it no more', async () => {
    await withDirectory(async (home) => {
      const directory = join(home, 'data');
      const served = await Served.start(directory);
      truncateSync(join(directory, 'data.mdb'), 8_192);
      expect((await served.ended()).code).toBe(1);
      const reason = cutOff(join(directory, 'data.mdb'));
      expect(served.said).toEqual([failed(reason), ended(reason)]);
      expect(await refusalOf(directory)).toEqual([
        suspect(directory),
        unreadable(directory, salvageable('the file is cut off')),
      ]);
    });
  });

  it('S1 has the log to itself until it has ended, when its data.mdb was replaced', async () => {
    await withDirectory(async (home) => {
      const directory = join(home, 'data');
      const served = await Served.start(directory);
      expect(await served.write()).toBe('written');
      served.program.child.kill('SIGSTOP');
      replace(join(directory, 'data.mdb'));
      expect(await refusalOf(directory)).toEqual([logInUse(join(directory, 'wal-0'))]);
      served.program.child.kill('SIGCONT');
      expect((await served.ended()).code).toBe(1);
      expect(served.ledger.problemsIn(await pathsIn(directory))).toEqual([]);
    });
  });

  it('S1 ends where the directory cannot even be looked at', async () => {
    await withDirectory(async (home) => {
      const directory = join(home, 'data');
      const served = await Served.start(directory);
      expect(await served.write()).toBe('written');
      renameSync(directory, `${directory}.away`);
      symlinkSync(directory, directory);
      expect((await served.ended()).code).toBe(1);
      expect(served.said[0]).toMatch(
        /^error the storage has failed.*data\.mdb cannot be found any more/,
      );
      expect(served.ledger.problemsIn(await pathsIn(`${directory}.away`))).toEqual([]);
    });
  });

  it.each(['confer.json', 'lock.mdb', 'reserve'])(
    'S1 S4 serves all without its %s',
    async (name) => {
      await withDirectory(async (home) => {
        const directory = join(home, 'data');
        const served = await Served.start(directory);
        expect(await served.write()).toBe('written');
        rmSync(join(directory, name));
        expect(await served.write()).toBe('written');
        await served.kill();
        const paths = await pathsIn(directory);
        expect(served.ledger.problemsIn(paths)).toEqual([]);
      });
    },
  );
});

describe('a server that is asked to end twice', () => {
  const SIGNALS = ['SIGTERM', 'SIGINT'] as const;
  const HURRY_MS = 700;

  /** One that takes a while to leave all in the tables, in which transactions are under way. */
  async function stopping(directory: string, signal: NodeJS.Signals): Promise<Served> {
    const served = await Served.start(directory);
    for (let i = 0; i < 12; i++) expect(await served.writeLong()).toBe('written');
    served.program.child.kill(signal);
    await served.program.saw(({ stderr }) => stderr.includes('stopping') || undefined);
    return served;
  }

  it.each(SIGNALS)('S1 ends in order where that is one request (%s)', async (signal) => {
    await withDirectory(async (home) => {
      const directory = join(home, 'data');
      const served = await stopping(directory, signal);
      served.program.child.kill(signal);
      expect((await served.ended()).code).toBe(0);
      expect(served.ledger.problemsIn(await pathsIn(directory))).toEqual([]);
    });
  });

  it.each(SIGNALS)('S1 ends at once where they are two, whatever it is at (%s)', async (signal) => {
    await withDirectory(async (home) => {
      const directory = join(home, 'data');
      const served = await stopping(directory, signal);
      const { child } = served.program;
      child.kill('SIGSTOP');
      // The time between the two is what tells them from one.
      await new Promise((resolve) => setTimeout(resolve, HURRY_MS));
      child.kill(signal);
      child.kill('SIGCONT');
      await served.ended(true);
      expect(child.signalCode).toBe(signal);
      expect(served.ledger.problemsIn(await pathsIn(directory))).toEqual([]);
    });
  });
});
