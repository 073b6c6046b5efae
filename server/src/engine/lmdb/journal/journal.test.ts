import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { failureOf } from '../../contract/rig.contract.ts';
import type { LogRow } from '../log.ts';
import { openJournal } from './journal.ts';
import { PAGE_BYTES } from './record.ts';

const temporary = mkdtempSync(join(tmpdir(), 'confer-journal-'));
afterAll(() => rmSync(temporary, { recursive: true }));

let names = 0;
function newDirectory(): string {
  const directory = join(temporary, String(names++));
  mkdirSync(directory);
  return directory;
}

const row = (revision: number, text = `row ${revision}`): LogRow => ({
  key: [revision, 0],
  bytes: Buffer.from(text),
});

/** The revisions that are found, and what they say. */
async function found(directory: string, moved = 0, epoch = 'epoch'): Promise<number[]> {
  const { journal, rows } = await openJournal(directory, epoch, moved);
  await journal.close();
  for (const { key, bytes } of rows)
    expect(Buffer.from(bytes).toString()).toMatch(new RegExp(`^row ${key[0]}(x*)$`));
  return rows.map(({ key }) => key[0]);
}

/** Appends a record for each revision; `turnsBefore` some of them. */
async function write(directory: string, revisions: readonly number[], turnsBefore = [0]) {
  const { journal } = await openJournal(directory, 'epoch', Number.MAX_SAFE_INTEGER);
  for (const revision of revisions) {
    if (turnsBefore.includes(revision)) journal.turn();
    await journal.append([row(revision)]);
  }
  await journal.close();
}

describe('a journal', () => {
  it('S1 has what was appended, in order, over both of its files and after being opened again', async () => {
    const directory = newDirectory();
    expect(await found(directory)).toEqual([]);
    await write(directory, [1, 2, 3]);
    expect(await found(directory)).toEqual([1, 2, 3]);
    await write(directory, [4, 5, 6], [5]);
    expect(await found(directory)).toEqual([1, 2, 3, 4, 5, 6]);
    await write(directory, [7, 8], [8]);
    expect(await found(directory, 4), 'what was written over is gone').toEqual([5, 6, 7, 8]);
    expect(await found(directory, 7)).toEqual([8]);
    await write(directory, [9, 10, 11], [9, 11]);
    expect(await found(directory, 9)).toEqual([10, 11].filter((revision) => revision > 9));
  });

  it('S1 S3 that was cut off amid a record has all before it and goes on there', async () => {
    const directory = newDirectory();
    await write(directory, [1, 2, 3]);
    const whole = readFileSync(join(directory, 'journal-0'));
    const start = 2 * PAGE_BYTES;
    for (const written of [0, 1, 8, 11, 12, 23, 24, 40, 43]) {
      const torn = Buffer.from(whole);
      torn.fill(0, start + written);
      writeFileSync(join(directory, 'journal-0'), torn);
      expect(await found(directory), `${written} bytes`).toEqual([1, 2]);
      await write(directory, [3, 4]);
      expect(await found(directory)).toEqual([1, 2, 3, 4]);
    }
  });

  it('S1 that was cut off in the first record of a file still has the other', async () => {
    const directory = newDirectory();
    await write(directory, [1, 2, 3, 4, 5, 6, 7], [4, 6]);
    const file = join(directory, 'journal-0');
    const torn = readFileSync(file);
    torn.fill(0, 20, PAGE_BYTES);
    torn.fill(0, PAGE_BYTES + 20, 2 * PAGE_BYTES);
    writeFileSync(file, torn);
    expect(await found(directory, 3)).toEqual([4, 5]);
    await write(directory, [6, 7, 8], [7]);
    expect(await found(directory, 3)).toEqual([4, 5, 6, 7, 8]);
  });

  it('S1 that is damaged before something acknowledged is refused, and not when the table has that', async () => {
    const directory = newDirectory();
    await write(directory, [1, 2, 3, 4], [3]);
    for (const file of ['journal-0', 'journal-1']) {
      const whole = readFileSync(join(directory, file));
      const damaged = Buffer.from(whole);
      damaged[30] = 0xff;
      writeFileSync(join(directory, file), damaged);
      const last = file === 'journal-0' ? 2 : 4;
      await expect(openJournal(directory, 'epoch', last - 2)).rejects.toThrow(
        `its file ${file} is damaged at byte 0`,
      );
      await found(directory, last);
      writeFileSync(join(directory, file), whole);
    }
  });

  it('finds nothing of another history', async () => {
    const directory = newDirectory();
    await write(directory, [1, 2, 3]);
    expect(await found(directory, 0, 'another')).toEqual([]);
  });

  it('takes a record larger than a file, and does not grow while it goes from file to file', async () => {
    const directory = newDirectory();
    const { journal } = await openJournal(directory, 'epoch', 0);
    const large = (revision: number) => row(revision, `row ${revision}${'x'.repeat(3_000_000)}`);
    const rows = [large(1), large(2), large(3)];
    await journal.append(rows);
    expect(journal.isFull).toBe(true);
    journal.turn();
    expect(journal.isFull).toBe(false);
    const sizes: number[] = [];
    for (let revision = 4; revision < 100; revision++) {
      await journal.append([row(revision), large(revision + 1_000)]);
      if (!journal.isFull) continue;
      journal.turn();
      sizes.push(...['journal-0', 'journal-1'].map((name) => statSync(join(directory, name)).size));
    }
    await journal.close();
    expect(sizes.length).toBeGreaterThan(20);
    expect(Math.max(...sizes)).toBeLessThan(12_000_000);
    expect(sizes.slice(-2)).toEqual(sizes.slice(-4, -2));
  });

  it('S1 that fails otherwise than for want of room takes nothing more', async () => {
    const { journal } = await openJournal(newDirectory(), 'epoch', 0);
    await journal.append([row(1)]);
    await journal.close();
    const failure = await failureOf(() => journal.append([row(2)]));
    expect(failure.code).toBe('unavailable');
    expect(await failureOf(() => journal.append([row(2)]))).toBe(failure);
  });
});
