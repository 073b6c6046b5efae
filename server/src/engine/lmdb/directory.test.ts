import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { Child } from '../contract/child.contract.ts';
import { Scene, TestClock } from '../contract/scene.contract.ts';
import { StorageError } from '../storage-error.ts';
import { openLmdbEngine } from './open.ts';
import { repairDirectory } from './repair.ts';
import { verifyDirectory } from './verify.ts';

const temporary = mkdtempSync(join(tmpdir(), 'confer-lmdb-'));
afterAll(() => rmSync(temporary, { recursive: true }));

let names = 0;
const newDirectory = () => join(temporary, String(names++));
const noPause = async () => {};
const notices: string[] = [];
const openIn = (directory: string, acceptLoss = false) =>
  openLmdbEngine({
    directory,
    clock: new TestClock(),
    uptimeMs: () => 0,
    random: Math.random,
    defer: setImmediate,
    pid: process.pid,
    newId: () => `id-${names++}`,
    acceptLoss,
    onNotice: (notice) => notices.push(notice),
  });

const children: Child[] = [];
afterEach(() => Promise.all(children.splice(0).map((child) => child.kill())));

function run(task: string, directory: string): Child {
  const child = new Child(task, directory);
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

async function expectRefused(directory: string, reason: RegExp): Promise<void> {
  const refusal = await refusalOf(directory);
  expect(refusal.kind).toBe('unreadable');
  expect(refusal.message).toMatch(reason);
}

/** Leaves `directory` with a little more history, closed. Returns its last revision. */
async function fill(directory: string): Promise<number> {
  const scene = new Scene(await openIn(directory), new TestClock());
  for (let i = 0; i < 20; i++) await scene.put(`/a/${i % 7}`, String(i).repeat(100));
  await scene.engine.close();
  return scene.engine.reads.revision;
}

/** Leaves a directory as SIGKILL does, with commits that are in its log alone. */
async function leaveLogged(directory: string, commits: number): Promise<number> {
  const writer = run('one', directory);
  await writer.said(1 + commits);
  await writer.kill();
  return Number(writer.lines.at(-1));
}

async function revisionOf(directory: string, acceptLoss = false): Promise<number> {
  const engine = await openIn(directory, acceptLoss);
  const { revision } = engine.reads;
  await engine.close();
  return revision;
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
    const holder = run('hold', directory);
    await holder.said(1);
    const refusal = await refusalOf(directory);
    expect(refusal.kind).toBe('locked');
    expect(refusal.message).toBe(
      `${directory} is in use by another process (${holder.pid} opened it last)`,
    );
    await holder.kill();
    await (await openIn(directory)).close();
  });

  it('S1 is locked by its data, whatever becomes of the files beside them', async () => {
    const directory = newDirectory();
    const holder = run('hold', directory);
    await holder.said(1);
    for (const name of readdirSync(directory))
      if (name !== 'data.mdb') rmSync(join(directory, name));
    expect((await refusalOf(directory)).kind).toBe('locked');
    await holder.kill();
  });

  it('has never two of several servers that start together', async () => {
    const directory = newDirectory();
    const starters = Array.from({ length: 5 }, () => run('hold', directory));
    await Promise.all(starters.map((starter) => starter.said(1)));
    const said = starters.map(({ lines }) => lines[0]?.split(' ')[0]);
    expect(said.filter((word) => word === 'open').length).toBe(1);
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
    const file = join(directory, 'confer.json');
    const label = readFileSync(file, 'utf8').replace('"format": 1', '"format": 99');
    writeFileSync(file, label);
    const data = readFileSync(join(directory, 'data.mdb'));
    const refusal = await refusalOf(directory);
    expect(refusal.kind).toBe('newer_format');
    expect(refusal.message).toContain('format 99');
    expect(readFileSync(join(directory, 'data.mdb')).equals(data)).toBe(true);
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
    for (const bytes of [0, 100, 5_000, 8_192, 3 * 4_096]) {
      writeFileSync(file, data.subarray(0, bytes));
      expect((await refusalOf(directory)).kind, `${bytes} bytes`).toBe('unreadable');
    }
  });

  it('S1 whose first start was broken off is one that was never started', async () => {
    const directory = newDirectory();
    mkdirSync(join(directory, 'unfinished-x'), { recursive: true });
    writeFileSync(join(directory, 'unfinished-x', 'data.mdb'), 'half');
    expect(await revisionOf(directory)).toBe(0);
    expect(readdirSync(directory)).not.toContain('unfinished-x');
  });

  it('that a repair did not fill to the end is not served, verified or repaired as a whole one', async () => {
    const directory = newDirectory();
    await fill(directory);
    const into = join(newDirectory(), 'new');
    const half = newDirectory();
    const options = { newId: () => 'id-of-the-new', defer: setImmediate };
    const pause = async () => cpSync(`${into}.unfinished`, half, { recursive: true });
    await repairDirectory(directory, { ...options, into, pause });
    const said = /confer\.json says that this is left of a repair that did not end/;
    await expectRefused(half, said);
    await expect(openIn(half, true)).rejects.toThrow(said);
    expect((await verifyDirectory(half, noPause)).problems.join()).toMatch(said);
    const again = { ...options, into: join(newDirectory(), 'again'), pause: noPause };
    await expect(repairDirectory(half, again)).rejects.toThrow(said);
    expect((await verifyDirectory(into, noPause)).problems).toEqual([]);
    expect(await revisionOf(into)).toBeGreaterThan(0);
  });
});

describe('a directory that was closed', () => {
  it.each(['lock.mdb', 'confer.json', 'wal-0', 'wal-1', 'reserve'])(
    'S1 has all without its %s, or with an empty or a strange one',
    async (name) => {
      const directory = newDirectory();
      const revision = await fill(directory);
      const file = join(directory, name);
      const right = readFileSync(file);
      rmSync(file);
      expect(await revisionOf(directory)).toBe(revision);
      for (const content of ['', 'strange'.repeat(2_000), right]) {
        writeFileSync(file, content);
        expect(await revisionOf(directory), `${content.length} bytes`).toBe(revision);
      }
    },
  );

  it('S1 is refused without its data, unless that is to be borne', async () => {
    const directory = newDirectory();
    const revision = await fill(directory);
    rmSync(join(directory, 'data.mdb'));
    await expectRefused(directory, new RegExp(`data.mdb is missing.*revision ${revision}`));
    expect(existsSync(join(directory, 'data.mdb'))).toBe(false);
    expect(await revisionOf(directory, true)).toBe(0);
    expect(await revisionOf(directory)).toBe(0);
  });

  it('S5 is refused with data that are older, unless that is to be borne', async () => {
    const directory = newDirectory();
    const older = await fill(directory);
    const data = readFileSync(join(directory, 'data.mdb'));
    const newer = await fill(directory);
    writeFileSync(join(directory, 'data.mdb'), data);
    await expectRefused(
      directory,
      new RegExp(`older than confer.json says.*lacks revisions ${older + 1} to ${newer}`),
    );
    notices.length = 0;
    const engine = await openIn(directory, true);
    expect(engine.reads.revision).toBe(older);
    expect(notices.join()).toContain(`lacks revisions ${older + 1} to ${newer}`);
    expect(engine.timelines.at(-1)?.from).toBe(older);
    await engine.close();
  });

  it('S5 is refused with data of another store', async () => {
    const directory = newDirectory();
    await fill(directory);
    const other = newDirectory();
    await fill(other);
    cpSync(join(other, 'data.mdb'), join(directory, 'data.mdb'));
    await expectRefused(directory, /data.mdb is of another store/);
  });

  it('W5 begins a timeline with each opening', async () => {
    const directory = newDirectory();
    const revision = await fill(directory);
    const engine = await openIn(directory);
    expect(engine.timelines.map(({ from }) => from)).toEqual([0, revision]);
    expect(new Set(engine.timelines.map(({ id }) => id)).size).toBe(2);
    await engine.close();
  });
});

describe('a directory whose server was killed', () => {
  it('S1 has what is in its log alone', async () => {
    const directory = newDirectory();
    const revision = await leaveLogged(directory, 30);
    expect(await revisionOf(directory)).toBeGreaterThanOrEqual(revision);
  });

  it('S1 is refused where something that was acknowledged is damaged or missing', async () => {
    const directory = newDirectory();
    const revision = await leaveLogged(directory, 30);
    const file = join(directory, 'wal-0');
    const right = readFileSync(file);
    const damaged = Buffer.from(right);
    damaged[5 * 4_096 + 50] = 0xff;
    writeFileSync(file, damaged);
    await expectRefused(directory, /its file wal-0 is damaged at byte 20480; .*confer repair$/);
    rmSync(file);
    await expectRefused(
      directory,
      /its file wal-0 is missing, and commits are in it; .*confer repair$/,
    );
    writeFileSync(file, '');
    await expectRefused(directory, /its write-ahead log lacks segment 1 /);
    writeFileSync(file, right);
    expect(await revisionOf(directory)).toBeGreaterThanOrEqual(revision);
  });

  it('S1 takes over its log once: what another start finds is in the tables', async () => {
    const directory = newDirectory();
    await leaveLogged(directory, 10);
    const first = await revisionOf(directory);
    const renamed = join(directory, 'away');
    renameSync(join(directory, 'wal-0'), renamed);
    expect(await revisionOf(directory)).toBe(first);
  });

  it('S1 is looked through, however large, where damage may be what ended its last runs', async () => {
    const directory = newDirectory();
    const scene = new Scene(await openIn(directory), new TestClock());
    for (let i = 0; i < 36; i++) await scene.put(`/large/${i}`, `${i}: `.padEnd(1_000_000, 'x'));
    await scene.engine.close();
    notices.length = 0;
    await (await openIn(directory)).close();
    expect(notices).toEqual([]);

    for (let i = 0; i < 3; i++) await leaveLogged(directory, 1);
    const engine = await openIn(directory);
    expect(notices.join()).toContain('the last runs on');
    await engine.close();
    notices.length = 0;
    await (await openIn(directory)).close();
    expect(notices).toEqual([]);

    for (let i = 0; i < 3; i++) await leaveLogged(directory, 1);
    const data = readFileSync(join(directory, 'data.mdb'));
    data[data.indexOf('35: xxxx') + 500_000] = 0;
    writeFileSync(join(directory, 'data.mdb'), data);
    await expectRefused(directory, /the row \[\d+,"\/large\/35"\] of the table values/);
  });

  /** One that is too large for each of its rows to be looked at when it opens. */
  async function largeStore(): Promise<{ directory: string; file: string; data: Buffer }> {
    const directory = newDirectory();
    const scene = new Scene(await openIn(directory), new TestClock());
    for (let i = 0; i < 36; i++) await scene.put(`/large/${i}`, `${i}: `.padEnd(1_000_000, 'x'));
    const path = (i: number) => `/small/${i}`;
    await scene.commit(
      Array.from({ length: 3_000 }, (_, i) => ({ type: 'put', path: path(i), value: String(i) })),
    );
    await scene.engine.close();
    const file = join(directory, 'data.mdb');
    return { directory, file, data: readFileSync(file) };
  }

  it('S1 is refused, however large, where a page of it is lost', async () => {
    const { directory, file, data } = await largeStore();
    const page = leafWith(data, '\x01small\x011500');
    data.fill(0, page * PAGE_BYTES, (page + 1) * PAGE_BYTES);
    writeFileSync(file, data);
    await expectRefused(directory, new RegExp(`page ${page} of the table`));
  });

  it('S1 finds damage to a row of a large one while it is served, ends, and refuses it from then on', async () => {
    const { directory, file, data } = await largeStore();
    const row = '"path":"/small/1500"';
    expect(data.indexOf(row)).toBeGreaterThan(0);
    for (let at = data.indexOf(row); at !== -1; at = data.indexOf(row, at)) data.write('#', at + 1);
    writeFileSync(file, data);

    const engine = await openIn(directory);
    const reason = await new Promise<string>((resolve) => {
      engine.health.onChange((health) => health.kind === 'failed' && resolve(health.reason));
    });
    const what = 'the row "/small/1500" of the table entries: is not as it was written';
    expect(reason).toBe(`data.mdb is damaged: ${what}; run confer verify`);
    await engine.close();
    await expectRefused(directory, new RegExp(what));
  });
});

const PAGE_BYTES = 4_096;

/** The number of a leaf page that has a text. */
function leafWith(data: Buffer, text: string): number {
  for (let at = data.indexOf(text); at !== -1; at = data.indexOf(text, at + 1)) {
    const page = Math.floor(at / PAGE_BYTES);
    if ((data.readUInt16LE(page * PAGE_BYTES + 18) & 0x7f) === 0x02) return page;
  }
  throw new Error(`no leaf page has ${text}`);
}
