import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { isFull, isLong } from '../support/extent.ts';
import { confer, withDirectory } from '../support/process.ts';
import { canMount, type DiskKind, type MountedDisk, mountDisk } from './mounted.ts';
import { endAll, Ledger, pathsIn, refusalOf, Served, toldOf } from './real-server.ts';
import { degraded, ended, failed, full, unknown, unwritable, WELL } from './said.ts';

const KINDS: readonly DiskKind[] = ['tmpfs', 'ext4'];
const DISK_MIB = 24;
const KIB = 1024;

afterEach(endAll);

async function withDisk(
  kind: DiskKind,
  use: (disk: MountedDisk, directory: string) => Promise<void>,
): Promise<void> {
  await withDirectory(async (home) => {
    const disk = mountDisk(home, DISK_MIB, kind);
    if (disk === undefined) throw new Error('it could be mounted a moment ago');
    try {
      await use(disk, join(disk.directory, 'data'));
    } finally {
      await endAll();
      disk.remove();
    }
  });
}

/** What there is of a store before the disk is full. */
type Before = 'new' | 'closed' | 'killed';

async function prepare(directory: string, before: Before, keepsReserve: boolean): Promise<Ledger> {
  const ledger = new Ledger();
  mkdirSync(directory);
  if (before === 'new') return ledger;
  const served = await Served.start(directory, { ledger });
  for (let i = 0; i < 30; i++) expect(await served.write()).toBe('written');
  if (before === 'killed') await served.kill();
  else expect((await served.stop()).code).toBe(0);
  if (!keepsReserve) rmSync(join(directory, 'reserve'), { force: true });
  return ledger;
}

/** It serves what it can, or says in one line why not. Returns whether it started. */
async function startOnFull(directory: string, ledger: Ledger): Promise<boolean> {
  const served = await Served.startOrRefuse(directory, { ledger });
  if (!(served instanceof Served)) {
    const file = /^error\[storage\]: (\S+) cannot be written to: (data\.mdb: )?ENOSPC/;
    expect(served.map((line) => file.exec(line)?.[1])).toEqual([directory]);
    return false;
  }
  const { entries } = await served.client.list('/', { values: false });
  expect(ledger.problemsIn(entries.map(({ path }) => path))).toEqual([]);
  await served.writeLong();
  const [path] = ledger.told.keys();
  if (path !== undefined) {
    expect(await toldOf(served.client.remove(path))).toBe('written');
    ledger.told.set(path, 'removed');
  }
  const { code } = await served.stop();
  const last = served.said.at(-1);
  expect(code, served.said.join('\n')).toBe(last === undefined || last === WELL ? 0 : 1);
  return true;
}

const ROOMS_KIB = isLong
  ? Array.from({ length: 100 }, (_, i) => 4 * i).concat(500, 600, 800, 1_000, 2_000)
  : undefined;

/** Each with what it has to start with, and how many KiB of room: every second one always runs. */
const STARTS = [
  ['tmpfs', 'new', true, [0, 300]],
  ['ext4', 'closed', false, [0, 1_000]],
  ['tmpfs', 'closed', true, [0]],
  ['ext4', 'new', true, [4, 72]],
  ['tmpfs', 'killed', false, [40]],
  ['ext4', 'killed', true, [4, 300]],
] as const;

describe.skipIf(!canMount)(
  'a server that starts on a full disk (where a disk can be mounted)',
  () => {
    it.each(STARTS.filter((_, i) => isFull || i % 2 === 0))(
      'S1 serves, or says why not, and starts once there is room: %s, %s, reserve %s, kB %j',
      { timeout: 600_000 },
      async (kind, before, keepsReserve, short) => {
        for (const kib of ROOMS_KIB ?? short)
          await withDisk(kind, async (disk, directory) => {
            const ledger = await prepare(directory, before, keepsReserve);
            disk.fill(kib * KIB);
            const isStarted = await startOnFull(directory, ledger);
            if (before !== 'new' && keepsReserve) expect(isStarted).toBe(true);
            disk.empty();
            expect(ledger.problemsIn(await pathsIn(directory))).toEqual([]);
          });
      },
    );
  },
);

const VALUE_BYTES = 40_000;
const PATHS = 20;
const OVERWRITES_MAX = 3_000;

/** Writes over a few paths, again and again, until that is refused. Returns the last that was written to each. */
async function overwrite(served: Served, countMax: number): Promise<Map<string, string>> {
  const written = new Map<string, string>();
  for (let i = 0; i < countMax; i++) {
    const [path, value] = [`/over/${i % PATHS}`, `${i} `.padEnd(VALUE_BYTES, 'x')];
    const told = await toldOf(served.client.set(path, value));
    if (told === 'storage_full') return written;
    expect(told).toBe('written');
    written.set(path, value);
  }
  return written;
}

async function valuesIn(served: Served): Promise<Map<string, string>> {
  const { entries } = await served.client.list('/over');
  return new Map(entries.map(({ path, value }) => [path, value]));
}

describe.skipIf(!canMount)('a server whose disk is full (where a disk can be mounted)', () => {
  it.each(isLong ? KINDS : isFull ? (['ext4'] as const) : (['tmpfs'] as const))(
    'S1 S4 takes deletes and compaction, uses the room that they make, and ends in order (%s)',
    async (kind) => {
      await withDisk(kind, async (_disk, directory) => {
        const served = await Served.start(directory);
        const written = await overwrite(served, OVERWRITES_MAX);
        expect(await valuesIn(served)).toEqual(written);
        const { storage, storageProblem } = await served.status();
        expect(storage).toBe('degraded');
        expect(storageProblem).toMatch(
          /^the disk is full, so only deletes and compaction are taken/,
        );

        const { url } = served;
        const removal = await confer(['rm', '-r', '--yes', '/over'], { url });
        expect(removal).toMatchObject({ code: 0, stderr: '' });
        expect(await confer(['compact'], { url })).toMatchObject({ code: 0, stderr: '' });
        expect((await overwrite(served, 100)).size).toBe(PATHS);
        const last = await valuesIn(served);
        await served.says(WELL);
        expect(await served.status()).toEqual({ storage: 'well' });
        expect((await served.stop()).code).toBe(0);
        const why = storageProblem?.slice(full('').length) ?? '';
        expect(why).toMatch(/^(wal-[01]|data\.mdb): ENOSPC: no space left on device, write$/);
        expect(served.said).toEqual([degraded(full(why)), WELL]);

        const again = await Served.start(directory);
        expect(await valuesIn(again)).toEqual(last);
        await again.stop();
      });
    },
  );

  it('S1 takes one delete of many paths as the first thing that it is asked', async () => {
    await withDisk('tmpfs', async (_disk, directory) => {
      const served = await Served.start(directory);
      const value = 'x'.repeat(20_000);
      let told = 'written';
      for (let i = 0; told === 'written'; i++)
        told = await toldOf(served.client.set(`/many/${i % 400}`, `${i} ${value}`));
      expect(told).toBe('storage_full');
      expect(await toldOf(served.client.remove('/many', { recursive: true }))).toBe('written');
      expect(await toldOf(served.client.compact())).toBe('written');
      for (let i = 0; i < 50; i++)
        expect(await toldOf(served.client.set(`/many/${i}`, value))).toBe('written');
      await served.stop();
      expect(
        served.said.filter((line) => line.startsWith(degraded('the disk is full'))),
      ).toHaveLength(1);
    });
  });

  it.each(isLong ? KINDS : (['tmpfs'] as const))(
    'S1 S4 ends in order while it is full, and goes on with all that it took (%s)',
    async (kind) => {
      await withDisk(kind, async (disk, directory) => {
        const served = await Served.start(directory);
        disk.fill(2_000 * KIB);
        const written = await overwrite(served, OVERWRITES_MAX);
        expect((await served.stop()).code).toBe(1);
        expect(served.said).toHaveLength(2);
        expect(served.said[1]).toBe(served.said[0]?.replace(degraded(''), ended('')));
        disk.empty();
        const again = await Served.start(directory);
        expect(await valuesIn(again)).toEqual(written);
        expect((await again.stop()).code).toBe(0);
      });
    },
  );

  it('S1 S4 ends once the system has made it read-only, and says so at a start', async () => {
    await withDisk('ext4', async (disk, directory) => {
      const served = await Served.start(directory);
      for (let i = 0; i < 5; i++) expect(await served.write()).toBe('written');
      disk.giveUp();
      expect(await served.write()).toBe('outcome_unknown');
      expect((await served.ended()).code).toBe(1);
      const reason = unknown('wal-0: EROFS: read-only file system, write');
      expect(served.said).toEqual([failed(reason), ended(reason)]);
      expect(await refusalOf(directory)).toEqual([unwritable(directory, 'EROFS')]);
      disk.bringBack();
      expect(served.ledger.problemsIn(await pathsIn(directory))).toEqual([]);
    });
  });
});

describe.skipIf(!canMount)('a repair onto a full disk (where a disk can be mounted)', () => {
  it.each(KINDS)(
    'S1 names it, leaves nothing there, and what there was as it was (%s)',
    async (kind) => {
      await withDisk(kind, async (disk) => {
        await withDirectory(async (home) => {
          const data = join(home, 'data');
          const ledger = new Ledger();
          const served = await Served.start(data, { ledger });
          for (let i = 0; i < 5; i++) expect(await served.writeLong()).toBe('written');
          await served.kill();
          for (const kib of [0, 100, 3_000]) {
            disk.fill(kib * KIB);
            const names = readdirSync(disk.directory);
            const into = join(disk.directory, 'salvaged');
            const said = await confer(['repair', '--data', data, '--into', into]);
            expect(said).toMatchObject({ code: 2, stdout: '' });
            expect(said.stderr).toMatch(
              /^error\[storage\]: \S*\/salvaged\S* cannot be written to: .*ENOSPC/m,
            );
            expect(readdirSync(disk.directory)).toEqual(names);
            disk.empty();
          }
          expect(ledger.problemsIn(await pathsIn(data))).toEqual([]);
        });
      });
    },
  );
});
