import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, type TestContext } from 'vitest';
import { AuditScene, commitOf } from '../test-support/audit-scene.ts';
import { type AuditFile, type OpenAuditFile, openAuditFile } from './audit-file.ts';
import { verifyFiles } from './verify.ts';

let scene: AuditScene;
beforeEach(() => {
  scene = new AuditScene();
});
afterEach(() => scene.end());

const REFUSED = { code: 'unavailable', message: expect.stringContaining('the audit cannot be') };

/** A disk that does what a test wants of it. */
class Disk {
  write: AuditFile['write'] | undefined;
  sync: AuditFile['sync'] | undefined;
  cut: AuditFile['cut'] | undefined;

  readonly open: OpenAuditFile = async (path, make) => {
    const file = await openAuditFile(path, make);
    return {
      sizeBytes: file.sizeBytes,
      write: async (bytes, position) => {
        // The first part of what does not fit is written, as a full disk does it.
        if (this.write !== undefined) await file.write(bytes.subarray(0, 50), position);
        return (this.write ?? file.write.bind(file))(bytes, position);
      },
      sync: () => (this.sync ?? file.sync.bind(file))(),
      cut: (bytes) => (this.cut ?? file.cut.bind(file))(bytes),
      isMisplaced: () => file.isMisplaced(),
      close: () => file.close(),
    };
  };
}

const failing = (code: string) => () =>
  Promise.reject(Object.assign(new Error(`${code}: it did not work`), { code }));

describe('an audit that is required', () => {
  it.each(['ENOSPC', 'EIO', 'EROFS'])(
    '37 refuses what cannot be written for %s, and leaves nothing of it',
    async (code) => {
      const disk = new Disk();
      const audit = await scene.open({ openFile: disk.open });
      await audit.record(commitOf(1));
      disk.write = failing(code);
      await expect(audit.record(commitOf(2))).rejects.toMatchObject(REFUSED);
      await expect(audit.record(commitOf(3))).rejects.toMatchObject(REFUSED);
      disk.write = undefined;
      await audit.record(commitOf(4));
      await audit.close();
      expect(audit.lost).toBe(2);
      expect(scene.events.map(({ event, revision, count }) => revision ?? [event, count])).toEqual([
        1,
        ['lost', 2],
        4,
      ]);
      expect(await verifyFiles(scene.directory)).not.toHaveProperty('problem');
      expect(scene.said).toEqual([
        expect.stringContaining(`error: the audit cannot be written: ${code}`),
        'info: the audit is written again',
      ]);
    },
  );

  it('S1 does not keep a line of which nobody knows whether it is on the disk', async () => {
    const disk = new Disk();
    const audit = await scene.open({ openFile: disk.open });
    disk.sync = failing('EIO');
    await expect(audit.record(commitOf(1))).rejects.toMatchObject(REFUSED);
    disk.cut = failing('EIO');
    disk.sync = undefined;
    await expect(audit.record(commitOf(2))).rejects.toMatchObject(REFUSED);
    disk.cut = undefined;
    await audit.record(commitOf(3));
    await audit.close();
    expect(scene.events.map(({ event, revision }) => revision ?? event)).toEqual(['lost', 3]);
  });

  it('W10 does not try again and again to hand on a head while nothing can be written', async () => {
    const disk = new Disk();
    const audit = await scene.open({ openFile: disk.open });
    await audit.record(commitOf(1));
    let tries = 0;
    disk.write = () => {
      tries++;
      return failing('EIO')();
    };
    await expect(audit.record(commitOf(2))).rejects.toMatchObject(REFUSED);
    scene.clock.advanceAtOnce(3_600_000);
    await expect.poll(() => tries).toBe(2);
    for (let turn = 0; turn < 100; turn++) await new Promise((resume) => setImmediate(resume));
    await stat(scene.directory);
    expect(tries).toBe(2);
    disk.write = undefined;
    await audit.record(commitOf(3));
    await audit.close();
    expect(scene.heads.map(({ seq }) => seq)).toEqual([3]);
  });

  it('does not begin where it cannot be written', async () => {
    writeFileSync(scene.directory, 'no directory');
    await expect(scene.open()).rejects.toThrow(/the audit cannot be written: .*ENOTDIR/);
  });

  it('W10 refuses what comes while too much waits, and keeps what waits', async () => {
    const disk = new Disk();
    let goOn = () => {};
    const open = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    disk.sync = () => open;
    const audit = await scene.open({ openFile: disk.open, queueBytesMax: 2_000 });
    const all = Promise.allSettled(Array.from({ length: 20 }, (_, i) => audit.record(commitOf(i))));
    goOn();
    const kept = (await all).filter(({ status }) => status === 'fulfilled').length;
    await audit.close();
    expect(kept).toBeGreaterThan(2);
    expect(kept).toBeLessThan(20);
    expect(audit.lost).toBe(20 - kept);
  });

  it('goes on in a new file where its own was removed, which the server says and verify misses', async () => {
    const audit = await scene.open();
    await audit.record(commitOf(1));
    await audit.record(commitOf(2));
    const file = scene.files.at(-1);
    rmSync(scene.directory, { recursive: true });
    await audit.record(commitOf(3));
    expect(scene.said).toEqual([
      `warn: the audit goes on with number 3 in another file: ${file} was removed or replaced while it was written`,
    ]);
    await audit.close();
    expect(scene.events).toMatchObject([{ seq: 3, revision: 3 }]);
    expect((await verifyFiles(scene.directory)).problem).toMatchObject({ why: 'missing_file' });
  });
});

describe('an audit that is written as well as can be', () => {
  /** Lets the audit come to write what it gathers. */
  const later = () => scene.clock.advanceAtOnce(10);

  it('37 keeps what cannot be written, and writes it when that works again', async () => {
    const disk = new Disk();
    const audit = await scene.open({ mode: 'best-effort', openFile: disk.open });
    disk.write = failing('EIO');
    for (let i = 1; i <= 3; i++) expect(audit.record(commitOf(i))).toBeUndefined();
    later();
    await expect.poll(() => scene.said).toHaveLength(1);
    disk.write = undefined;
    scene.clock.advanceAtOnce(1_000);
    await expect.poll(() => scene.said).toHaveLength(2);
    await audit.close();
    expect(scene.events.map(({ revision }) => revision)).toEqual([1, 2, 3]);
    expect(audit.lost).toBe(0);
  });

  it('37 W10 counts what there is no room for, says once that it cannot be written, and how many were lost', async () => {
    const disk = new Disk();
    const audit = await scene.open({
      mode: 'best-effort',
      openFile: disk.open,
      queueBytesMax: 3_000,
    });
    disk.write = failing('ENOSPC');
    audit.record(commitOf(0));
    later();
    await expect.poll(() => scene.said).toHaveLength(1);
    for (let i = 1; i < 1_000; i++) audit.record(commitOf(i));
    for (let i = 0; i < 5; i++) scene.clock.advanceAtOnce(1_000);
    disk.write = undefined;
    await expect
      .poll(() => {
        scene.clock.advanceAtOnce(1_000);
        return scene.said;
      })
      .toHaveLength(2);
    await audit.close();
    const [lost, ...kept] = scene.events;
    expect(lost).toMatchObject({ event: 'lost', count: audit.lost });
    expect(kept.length).toBeGreaterThan(3);
    expect(kept.length + audit.lost).toBe(1_000);
    expect(scene.said).toEqual([
      expect.stringContaining('error: the audit cannot be written: ENOSPC'),
      'info: the audit is written again',
    ]);
  });

  it('writes nothing twice where what was written cannot be synced, and syncs it when that works again', async () => {
    const disk = new Disk();
    const audit = await scene.open({ mode: 'best-effort', openFile: disk.open });
    disk.sync = failing('EIO');
    audit.record(commitOf(1));
    later();
    await expect.poll(() => scene.events).toHaveLength(1);
    scene.clock.advanceAtOnce(1_000);
    await expect.poll(() => scene.said).toHaveLength(1);
    let syncs = 0;
    disk.sync = async () => void syncs++;
    scene.clock.advanceAtOnce(1_000);
    await expect.poll(() => scene.said.at(-1)).toBe('info: the audit is written again');
    expect(syncs).toBe(1);
    await audit.close();
    expect(scene.events.map(({ revision }) => revision)).toEqual([1]);
  });

  it('begins where it cannot be written yet, and writes when it can', async () => {
    writeFileSync(scene.directory, 'no directory');
    const audit = await scene.open({ mode: 'best-effort' });
    audit.record(commitOf(1));
    rmSync(scene.directory);
    scene.clock.advanceAtOnce(1_000);
    await expect.poll(() => scene.said.at(-1)).toBe('info: the audit is written again');
    await audit.close();
    expect(scene.events).toMatchObject([{ seq: 1, revision: 1 }]);
  });

  it('notices within a second of its clock that its directory was moved away', async () => {
    const audit = await scene.open({ mode: 'best-effort' });
    audit.record(commitOf(1));
    later();
    await expect.poll(() => scene.events).toHaveLength(1);
    renameSync(scene.directory, join(scene.root, 'away'));
    scene.clock.advanceAtOnce(1_000);
    audit.record(commitOf(2));
    later();
    await expect.poll(() => existsSync(scene.directory) && scene.events.length).toBe(1);
    await audit.close();
    expect(scene.events).toMatchObject([{ seq: 2 }]);
  });
});

/** A disk of one MiB in memory; `undefined` where the system does not let us mount one. */
function mounted(root: string): string | undefined {
  const directory = join(root, 'disk');
  mkdirSync(directory);
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', directory]);
  return status === 0 ? directory : undefined;
}

describe('on a real disk', () => {
  it.for(['required', 'best-effort'] as const)(
    '37 a full one, and one that is read-only, keep the chain whole with %s (where a disk can be mounted)',
    async (mode, { skip }: TestContext) => {
      const disk = mounted(scene.root);
      if (disk === undefined) return skip('no file system can be mounted here');
      try {
        const own = new AuditScene(join(disk, 'audit'));
        const ballast = join(disk, 'ballast');
        writeFileSync(ballast, Buffer.alloc(512 * 1024));
        const audit = await own.open({ mode, queueBytesMax: 64 * 1024 });
        let refused = 0;
        let count = 0;
        const isFull = () => own.said.some((line) => line.includes('the audit cannot be written'));
        for (let more = 1_000; more > 0; more -= isFull() ? 1 : 0) {
          await audit.record(commitOf(count++))?.catch((error: unknown) => {
            expect(error).toMatchObject(REFUSED);
            refused++;
          });
          own.clock.advanceAtOnce(1);
          if (count % 10 === 0) await new Promise((resume) => setImmediate(resume));
        }
        await expect.poll(() => audit.lost).toBeGreaterThan(0);
        if (mode === 'required') expect(refused).toBe(audit.lost);
        rmSync(ballast);
        own.clock.advanceAtOnce(1_000);
        await audit.record(commitOf(count++));
        await expect.poll(() => own.said.at(-1)).toBe('info: the audit is written again');
        expect(spawnSync('mount', ['-o', 'remount,ro', disk]).status).not.toBe(0);
        await audit.close();
        expect(spawnSync('mount', ['-o', 'remount,ro', disk]).status).toBe(0);
        expect((await verifyFiles(own.directory)).problem).toBeUndefined();
        expect(own.events.filter(({ event }) => event === 'commit').length + audit.lost).toBe(
          count,
        );
        if (mode === 'required') await expect(own.open()).rejects.toThrow(/EROFS/);
        own.end();
      } finally {
        spawnSync('umount', ['-l', disk]);
      }
    },
  );
});
