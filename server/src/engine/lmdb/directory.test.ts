import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { Child } from '../contract/child.contract.ts';
import { Rig, TestClock } from '../contract/rig.contract.ts';
import { DELETIONS_MAX } from '../deletions-limit.ts';
import { StorageError } from '../storage-error.ts';
import { FORMAT_VERSION } from './layout.ts';
import { type LmdbStorage, openLmdbStorage } from './lmdb-storage.ts';
import { engineOn, openLmdbEngine } from './open.ts';

const temporary = mkdtempSync(join(tmpdir(), 'confer-lmdb-'));
afterAll(() => rmSync(temporary, { recursive: true }));

let names = 0;
const newDirectory = () => join(temporary, String(names++));
const openIn = (directory: string) =>
  openLmdbEngine({ directory, clock: new TestClock(), newId: () => 'epoch' });

const children: Child[] = [];
afterEach(() => Promise.all(children.splice(0).map((child) => child.kill())));

function hold(directory: string): Child {
  const child = new Child('hold', directory);
  children.push(child);
  return child;
}

/** Why `directory` does not open. */
async function refusalOf(directory: string): Promise<StorageError> {
  const refusal: unknown = await openIn(directory).then(
    (engine) => engine.close(),
    (error: unknown) => error,
  );
  expect(refusal).toBeInstanceOf(StorageError);
  if (refusal instanceof StorageError) return refusal;
  throw new Error('unreachable');
}

/** Leaves `directory` with a little history. */
async function fill(directory: string): Promise<void> {
  const rig = new Rig(await openIn(directory), new TestClock());
  for (let i = 0; i < 20; i++) await rig.put(`/a/${i % 7}`, String(i).repeat(100));
  await rig.engine.close();
}

/** Leaves a directory as SIGKILL would: with commits that are in the journal alone. */
async function leaveJournaled(
  directory: string,
  commits: number,
  before: (storage: LmdbStorage) => unknown = () => {},
): Promise<void> {
  const storage = await openLmdbStorage(directory, () => 'epoch');
  const clock = new TestClock();
  const rig = new Rig(engineOn(storage, clock, DELETIONS_MAX), clock);
  await before(storage);
  const from = rig.engine.revision;
  for (let i = 0; i < commits; i++) await rig.put(`/k${from + i}`, 'x');
  await storage.close();
}

/** Makes a closed `directory` say that it is of a format that is still to come. */
function markNewer(directory: string): { file: string; data: Buffer } {
  const file = join(directory, 'data.mdb');
  const data = readFileSync(file);
  const known = Buffer.from([...Buffer.from('format'), FORMAT_VERSION]);
  let found = 0;
  for (let i = data.indexOf(known); i !== -1; i = data.indexOf(known, i + 1)) {
    data[i + known.length - 1] = 99;
    found++;
  }
  expect(found).toBeGreaterThan(0);
  writeFileSync(file, data);
  return { file, data };
}

describe('a directory', () => {
  it('has one engine at a time in one process', async () => {
    const directory = newDirectory();
    const engine = await openIn(directory);
    expect((await refusalOf(directory)).kind).toBe('locked');
    await engine.close();
    await (await openIn(directory)).close();
  });

  it('is refused while another process has it, and free once that was killed', async () => {
    const directory = newDirectory();
    const holder = hold(directory);
    await holder.said(1);
    const refusal = await refusalOf(directory);
    expect(refusal.kind).toBe('locked');
    expect(refusal.message).toBe(`${directory} is in use by process ${holder.pid}`);
    await holder.kill();
    await (await openIn(directory)).close();
  });

  it('has never two of several servers that start together', async () => {
    const directory = newDirectory();
    const starters = Array.from({ length: 5 }, () => hold(directory));
    await Promise.all(starters.map((starter) => starter.said(1)));
    const said = starters.map(({ lines }) => lines[0]?.split(' ')[0]);
    expect(said.filter((word) => word === 'open').length).toBeLessThan(2);
    expect(said.filter((word) => word !== 'open' && word !== 'locked')).toEqual([]);
  });

  it('is not a file, nor below one', async () => {
    const file = newDirectory();
    writeFileSync(file, 'precious');
    for (const directory of [file, join(file, 'below')]) {
      const refusal = await refusalOf(directory);
      expect(refusal.kind).toBe('unwritable');
      expect(refusal.message).toBe(`${directory} is not a directory`);
    }
    expect(readFileSync(file, 'utf8')).toBe('precious');
  });

  it.runIf(existsSync('/proc'))(
    'is refused where nothing can be made, and does not look for ever (with /proc)',
    async () => {
      expect((await refusalOf('/proc/confer/data')).kind).toBe('unwritable');
    },
  );

  it.skipIf(process.getuid?.() === 0)(
    'can be written to (unless root runs the tests)',
    async () => {
      const directory = newDirectory();
      mkdirSync(directory, { mode: 0o555 });
      const refusal = await refusalOf(directory);
      expect(refusal.kind).toBe('unwritable');
      expect(refusal.message).toBe(`${directory} cannot be written to: EACCES`);
    },
  );

  it('of a newer format is refused and left as it is', async () => {
    const directory = newDirectory();
    await fill(directory);
    const { file, data } = markNewer(directory);
    const refusal = await refusalOf(directory);
    expect(refusal.kind).toBe('newer_format');
    expect(refusal.message).toContain('format 99');
    expect(readFileSync(file).equals(data)).toBe(true);
  });

  describe('with commits that are in its journal alone', () => {
    const journalOf = (directory: string) => join(directory, 'journal-0');

    async function expectRefused(directory: string, reason: RegExp): Promise<void> {
      const refusal = await refusalOf(directory);
      expect(refusal.kind).toBe('unreadable');
      expect(refusal.message).toMatch(reason);
    }

    it('S1 is refused where one of them is damaged, and has them all otherwise', async () => {
      const directory = newDirectory();
      await leaveJournaled(directory, 20);
      const right = readFileSync(journalOf(directory));
      const damaged = Buffer.from(right);
      damaged[5 * 4_096 + 50] = 0xff;
      writeFileSync(journalOf(directory), damaged);
      await expectRefused(directory, /its file journal-0 is damaged at byte 20480$/);
      writeFileSync(journalOf(directory), right);
      const rig = new Rig(await openIn(directory), new TestClock());
      expect(rig.engine.revision).toBe(20);
      expect(rig.values()).toHaveLength(20);
      await rig.engine.close();
    });

    it('S1 is refused beside tables that are older than the journal goes back', async () => {
      const directory = newDirectory();
      await fill(directory);
      const tables = readFileSync(join(directory, 'data.mdb'));
      await leaveJournaled(directory, 5);
      await (await openIn(directory)).close();
      await leaveJournaled(directory, 3, (storage) => storage.journal.turn());
      rmSync(journalOf(directory));
      writeFileSync(join(directory, 'data.mdb'), tables);
      await expectRefused(directory, /its journal lacks the commits from 21 to 25$/);
    });

    it('S1 is refused without its journal where the entries are further on', async () => {
      const directory = newDirectory();
      await leaveJournaled(directory, 4, (storage) =>
        storage.write(() => storage.tables.meta.put('settled', [4, 4])),
      );
      await (await openIn(directory)).close();
      await leaveJournaled(directory, 2, (storage) =>
        storage.write(() => storage.tables.meta.put('settled', [5, 5])),
      );
      rmSync(journalOf(directory));
      await expectRefused(directory, /its journal lacks the commits from 5 to 5$/);
    });
  });

  it('with a file of something else is refused and left as it is', async () => {
    for (const data of [Buffer.from('not a database'), Buffer.alloc(100_000, 0x5a)]) {
      const directory = newDirectory();
      mkdirSync(directory);
      const file = join(directory, 'data.mdb');
      writeFileSync(file, data);
      expect((await refusalOf(directory)).kind).toBe('unreadable');
      expect(readFileSync(file).equals(data)).toBe(true);
    }
  });

  it('with a file that is cut off is refused', async () => {
    const directory = newDirectory();
    await fill(directory);
    const file = join(directory, 'data.mdb');
    const data = readFileSync(file);
    for (const bytes of [100, 5_000, 8_192, 3 * 4_096]) {
      writeFileSync(file, data.subarray(0, bytes));
      expect((await refusalOf(directory)).kind, `${bytes} bytes`).toBe('unreadable');
    }
  });
});
