import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Scene, TestClock } from '../contract/scene.contract.ts';
import { openLmdbEngine } from './open.ts';
import { repairDirectory } from './repair.ts';
import { verifyDirectory } from './verify.ts';

/**
 * LMDB has two pages that say where everything is, and takes the one of the later transaction. It believes
 * what they say: a wrong page size, or a flag, kills the process.
 */
const PAGE_BYTES = 4_096;
const TRANSACTION = 152;

const noPause = async () => {};
const temporary = mkdtempSync(join(tmpdir(), 'confer-lmdb-'));
afterAll(() => rmSync(temporary, { recursive: true }));
let names = 0;
const newName = () => `id-${names++}`;
const newDirectory = () => join(temporary, newName());

const openIn = (directory: string) =>
  openLmdbEngine({
    directory,
    clock: new TestClock(),
    uptimeMs: () => 0,
    random: Math.random,
    defer: setImmediate,
    pid: process.pid,
    newId: newName,
  });

/** A directory as SIGKILL leaves it: a large commit, and some small ones behind it. */
async function killed(behind: number): Promise<string> {
  const directory = newDirectory();
  const scene = new Scene(await openIn(directory), new TestClock());
  for (let i = 0; i < 40; i++) await scene.put(`/k/${i % 5}`, String(i));
  const operations = Array.from({ length: 2_000 }, (_, i) => ({
    type: 'put' as const,
    path: `/big/${i}`,
    value: String(i),
  }));
  await scene.commit(operations);
  for (let i = 0; i < behind; i++) await scene.put(`/k/${i % 5}`, `behind ${i}`);
  const copy = newDirectory();
  cpSync(directory, copy, { recursive: true });
  await scene.engine.close();
  return copy;
}

function edit(directory: string, change: (data: Buffer, newest: number) => void): void {
  const file = join(directory, 'data.mdb');
  const data = readFileSync(file);
  const of = (page: number) => data.readBigUInt64LE(page * PAGE_BYTES + TRANSACTION);
  change(data, of(1) > of(0) ? 1 : 0);
  writeFileSync(file, data);
}

describe('a meta page', () => {
  it.each([
    ['the size of its pages', 49, 4],
    ['the size of its pages', 49, 7],
    ['the flags of the list of free pages', 53, 5],
    ['the flags of the list of tables', 101, 2],
    ['its own flags', 18, 3],
    ['its own number', 0, 5],
  ])('S1 that has %s wrong (byte %i, bit %i) is refused, on both of them', async (_, byte, bit) => {
    for (const page of [0, 1]) {
      const directory = await killed(3);
      edit(directory, (data) => {
        const at = page * PAGE_BYTES + byte;
        data[at] = (data[at] ?? 0) ^ (1 << bit);
      });
      await expect(openIn(directory)).rejects.toThrow(/data\.mdb: /);
      expect((await verifyDirectory(directory, noPause)).problems).not.toEqual([]);
      const into = newDirectory();
      const { entries, problems } = await repairDirectory(directory, {
        into,
        defer: setImmediate,
        pause: noPause,
        newId: newName,
      });
      expect(entries).toBe(page === 0 || entries > 5 ? 2_005 : 5);
      expect(problems.join()).toMatch(/data\.mdb: its (first|second) page is damaged/);
    }
  });

  it.each([0, 20])(
    'S1 that is lost does not take a large commit along unnoticed, with %i commits behind it',
    async (behind) => {
      const directory = await killed(behind);
      edit(directory, (data, newest) =>
        data.fill(0, newest * PAGE_BYTES + TRANSACTION, newest * PAGE_BYTES + TRANSACTION + 8),
      );
      const lacks = /data\.mdb lacks a large commit that the log knows of/;
      await expect(openIn(directory)).rejects.toThrow(lacks);
      expect((await verifyDirectory(directory, noPause)).problems.join()).toMatch(lacks);
    },
  );

  it('S1 that says that it was written later than all others is refused', async () => {
    const directory = await killed(0);
    edit(directory, (data) => {
      const page = Math.floor(data.indexOf('\x01big\x011000') / PAGE_BYTES);
      data[page * PAGE_BYTES + 12] = 1;
    });
    await expect(openIn(directory)).rejects.toThrow(/written later than anything/);
  });
});
