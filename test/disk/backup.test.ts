import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from '@confer/client';
import { afterEach, describe, expect, it } from 'vitest';
import { isFull } from '../support/extent.ts';
import { confer, withDirectory } from '../support/process.ts';
import { canMount, type DiskKind, type MountedDisk, mountDisk } from './mounted.ts';
import { endAll, Served } from './real-server.ts';

const KINDS: readonly DiskKind[] = ['tmpfs', 'ext4'];
const DISK_MIB = 24;
const MIB = 1024 * 1024;
/** Less than any of it takes, and more and more, up to where all of it fits. */
const ROOMS = [0, 4_096, 64 * 1024, 256 * 1024, MIB, 3 * MIB, 6 * MIB];
const ENTRIES = 3_000;

afterEach(endAll);

async function withStory(
  kind: DiskKind,
  use: (disk: MountedDisk, url: string, home: string) => Promise<void>,
): Promise<void> {
  await withDirectory(async (home) => {
    const disk = mountDisk(home, DISK_MIB, kind);
    if (disk === undefined) throw new Error('it could be mounted a moment ago');
    try {
      const served = await Served.start(join(home, 'data'));
      const client = connect(served.url);
      const put = (i: number) =>
        ({ type: 'put', path: `/many/${i}`, value: noise(i, 1_000) }) as const;
      await client.commit({ operations: Array.from({ length: ENTRIES }, (_, i) => put(i)) });
      await client.close();
      await use(disk, served.url, home);
    } finally {
      await endAll();
      disk.remove();
    }
  });
}

/** What no compression makes much shorter. */
function noise(seed: number, length: number): string {
  let text = '';
  for (let at = seed + 1; text.length < length; at = (at * 48_271) % 2_147_483_647)
    text += at.toString(36);
  return text.slice(0, length);
}

const namesIn = (disk: MountedDisk) =>
  readdirSync(disk.directory).filter((name) => name !== 'ballast' && name !== 'lost+found');

describe.skipIf(!canMount).each(KINDS)(
  'on a disk that is full sooner or later, %s (where a disk can be mounted)',
  (kind) => {
    it.runIf(isFull)(
      'a backup is whole, or leaves nothing and says why (with CONFER_TEST_FULL=1)',
      async () => {
        await withStory(kind, async (disk, url) => {
          const file = join(disk.directory, 'b');
          const codes = new Set<number | null>();
          for (const room of ROOMS) {
            disk.fill(room);
            const { code, stderr } = await confer(['backup', file, '--force', '-q'], { url });
            codes.add(code);
            if (code !== 0) {
              expect(stderr).toMatch(/^error\[unwritable\]: \S+ cannot be written: ENOSPC/);
              expect(code).toBe(1);
              expect(namesIn(disk)).toEqual([]);
            }
            disk.empty();
          }
          expect([...codes]).toEqual([1, 0]);
          expect((await confer(['backup', 'verify', file, '-o', 'raw'])).stdout).toBe(
            `${ENTRIES}\n`,
          );
        });
      },
      60_000,
    );

    it.runIf(isFull)(
      'S1 a restore is whole, or leaves nothing and says why (with CONFER_TEST_FULL=1)',
      async () => {
        await withStory(kind, async (disk, url, home) => {
          const file = join(home, 'b');
          expect(await confer(['backup', file], { url })).toMatchObject({ code: 0 });
          const data = join(disk.directory, 'new', 'data');
          const codes: (number | null)[] = [];
          for (const room of [...ROOMS, 12 * MIB]) {
            disk.fill(room);
            const { code, stderr } = await confer(['restore', file, '--data', data, '-q']);
            codes.push(code);
            if (code !== 0) {
              expect(stderr).toMatch(/^error\[storage\]: \S+ cannot be written to: .*ENOSPC/);
              expect(code).toBe(2);
              expect(namesIn(disk)).toEqual([]);
            }
            disk.empty();
            if (code === 0) break;
          }
          expect(codes.slice(-2)).toEqual([2, 0]);
          expect((await confer(['verify', '--data', data])).stdout).toContain(`entries ${ENTRIES}`);
        });
      },
      60_000,
    );
  },
);
