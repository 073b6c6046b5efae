import {
  closeSync,
  cpSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { SeededRandom } from '../../../../shared/src/test-support/seeded-random.ts';
import { Child } from '../contract/child.contract.ts';
import { failureOf, Scene, TestClock } from '../contract/scene.contract.ts';
import type { Engine } from '../engine.ts';
import { IDEMPOTENCY_WINDOW_MS } from '../idempotency.ts';
import { checkRows } from './file/check-rows.ts';
import { LmdbFile } from './file/lmdb-file.ts';
import { openLmdbEngine } from './open.ts';
import { repairDirectory } from './repair.ts';
import { verifyDirectory } from './verify.ts';

const noPause = async () => {};
const temporary = mkdtempSync(join(tmpdir(), 'confer-lmdb-'));
afterAll(() => rmSync(temporary, { recursive: true }));

const isLong = process.env.CONFER_TEST_LONG === '1';
let names = 0;
const newDirectory = () => join(temporary, String(names++));

/** A machine whose clock may be set while its processes run on. */
class Machine extends TestClock {
  ranMs = 0;

  pass(ms: number): void {
    this.time += ms;
    this.ranMs += ms;
  }
}

function openIn(
  directory: string,
  machine = new Machine(),
  segmentBytes = 64 * 1024,
): Promise<Engine> {
  return openLmdbEngine({
    directory,
    clock: machine,
    uptimeMs: () => machine.ranMs,
    random: Math.random,
    newId: () => `id-${names++}`,
    defer: setImmediate,
    pid: process.pid,
    segmentBytes,
  });
}

function repairInto(into: string, directory: string) {
  const newId = () => `id-${names++}`;
  return repairDirectory(directory, { into, newId, defer: setImmediate, pause: noPause });
}

const put = (path: string, value = 'v') => ({ type: 'put', path, value }) as const;

describe('a large commit', () => {
  it('S1 that removes large values copies none of them', async () => {
    const directory = newDirectory();
    const scene = new Scene(await openIn(directory), new Machine());
    const value = 'x'.repeat(1024 * 1024);
    for (let i = 0; i < 60; i++) await scene.put(`/big/${i}`, value);
    const before = readFileSync(join(directory, 'data.mdb')).length;
    await scene.deleteSubtree('/big');
    expect(scene.fed.at(-1)).toMatchObject({ withoutPrev: true });
    expect(scene.engine.reads.entryCount).toBe(0);
    await scene.engine.close();
    expect(readFileSync(join(directory, 'data.mdb')).length - before).toBeLessThan(8 * 1024 * 1024);
    const again = new Scene(await openIn(directory), new Machine());
    expect(again.values()).toEqual([]);
    expect(again.values('/big/7', 60)[0]).toHaveLength('/big/7='.length + value.length);
    await again.engine.close();
  });

  it('S4 is known while a compaction drops it, a step at a time', async () => {
    const scene = new Scene(await openIn(newDirectory()), new Machine());
    const operations = Array.from({ length: 1_800 }, (_, i) => put(`/a/${i}`));
    const first = await scene.commit(operations, { requestId: 'large' });
    await scene.put('/a/0', 'newer');
    let isOver = false;
    const compaction = scene.engine.maintenance.compact(scene.engine.reads.revision).finally(() => {
      isOver = true;
    });
    while (!isOver) {
      expect(await scene.commit(operations, { requestId: 'large' })).toEqual(first);
      await new Promise(setImmediate);
    }
    await compaction;
    expect(await scene.commit(operations, { requestId: 'large' })).toEqual(first);
    expect(scene.engine.reads.get('/a/0')?.value).toBe('newer');
    await scene.engine.close();
  });
});

describe('a path that is deleted and made again, over and over', () => {
  it('has each of its lives, however many blocks of changes they take', async () => {
    const directory = newDirectory();
    const scene = new Scene(await openIn(directory), new Machine());
    const lives = 700;
    for (let life = 0; life < lives; life++) {
      await scene.commit([put('/lock', `holder ${life}`)]);
      await scene.commit([{ type: 'delete', path: '/lock' }]);
    }
    await scene.commit([put('/lock', 'now')]);
    for (let life = 0; life < lives; life++) {
      expect(scene.values('/', 2 * life + 1)).toEqual([`/lock=holder ${life}`]);
      expect(scene.values('/', 2 * life + 2)).toEqual([]);
    }
    expect(scene.history(0)).toEqual(scene.fed);
    await scene.engine.maintenance.compact(900);
    expect(scene.values('/', 901)).toEqual(['/lock=holder 450']);
    expect(scene.history(900)).toEqual(scene.fed.slice(900));
    await scene.engine.close();
  });
});

describe('many small deletes', () => {
  it('leave few tombstones for those who read a range to pass over', async () => {
    const directory = newDirectory();
    const scene = new Scene(
      await openIn(directory, new Machine(), 16 * 1024 * 1024),
      new Machine(),
    );
    const paths = Array.from({ length: 9_000 }, (_, i) => `/a/${i}`);
    await scene.commit(paths.map((path) => put(path)));
    const logs = () =>
      ['wal-0', 'wal-1'].filter((name) => statSync(join(directory, name)).size > 0);
    expect(logs()).toHaveLength(1);
    for (let i = 0; i < paths.length; i += 100)
      await Promise.all(paths.slice(i, i + 100).map((path) => scene.delete(path)));
    // Far from full, and yet the next one was begun: what was before is on its way into the tables.
    expect(logs()).toHaveLength(2);
    expect(scene.values()).toEqual([]);
    await scene.engine.close();
  });
});

describe('a clock that is set', () => {
  it.each([
    ['back an hour, and right again', -3_600_000],
    ['forward a year, and right again', 365 * 86_400_000],
  ])('S4 %s: times rise, and no write is made twice', async (_, stepMs) => {
    const directory = newDirectory();
    const machine = new Machine();
    let scene = new Scene(await openIn(directory, machine), machine);
    const first = await scene.put('/a', '1', { requestId: 'once' });
    machine.time += stepMs;
    await scene.put('/b', '2');
    await scene.engine.maintenance.compact(scene.engine.reads.revision);
    expect(await scene.put('/a', '1', { requestId: 'once' })).toEqual(first);
    await scene.engine.close();
    machine.time -= stepMs;
    scene = new Scene(await openIn(directory, machine), machine);
    await scene.put('/c', '3');
    await scene.engine.maintenance.compact(scene.engine.reads.revision - 1);
    expect(await scene.put('/a', '1', { requestId: 'once' })).toEqual(first);
    const times = ['/a', '/b', '/c'].map((path) => scene.engine.reads.get(path)?.updatedAt ?? 0);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    machine.pass(IDEMPOTENCY_WINDOW_MS + 1);
    await scene.engine.maintenance.compact(scene.engine.reads.revision);
    expect((await scene.put('/a', '1', { requestId: 'once' })).revision).toBeGreaterThan(
      first.revision,
    );
    await scene.engine.close();
  });
});

describe('a clock that is set forward before a restart', () => {
  it('S4 makes no write look too old to be known', async () => {
    const directory = newDirectory();
    const machine = new Machine();
    let scene = new Scene(await openIn(directory, machine), machine);
    const first = await scene.put('/a', '1', { requestId: 'once' });
    await Promise.all(Array.from({ length: 11_000 }, (_, i) => scene.put(`/k/${i % 100}`, 'v')));
    machine.time += 2 * IDEMPOTENCY_WINDOW_MS;
    await scene.put('/b', '2');
    await scene.engine.close();
    scene = new Scene(await openIn(directory, machine), machine);
    expect(await scene.put('/a', '1', { requestId: 'once' })).toEqual(first);
    await scene.engine.close();
  });
});

describe('a store that is taken away under its server', () => {
  it.each([
    ['removed', (file: string) => rmSync(file)],
    ['renamed', (file: string) => renameSync(file, `${file}.away`)],
    [
      'replaced',
      (file: string) => {
        const data = readFileSync(file);
        rmSync(file);
        writeFileSync(file, data);
      },
    ],
  ])('S1 is noticed when it is %s: nothing more is acknowledged', async (how, take) => {
    const directory = newDirectory();
    const engine = await openIn(directory);
    const told: string[] = [];
    engine.health.onChange((health) => told.push(health.kind));
    const scene = new Scene(engine, new Machine());
    await scene.put('/a', '1');
    take(join(directory, 'data.mdb'));
    expect((await failureOf(() => scene.put('/a', '2'))).code).toBe('unavailable');
    const word = how === 'replaced' ? 'replaced' : 'removed';
    expect(engine.health.current).toMatchObject({
      kind: 'failed',
      reason: expect.stringContaining(word),
    });
    expect(told).toEqual(['failed']);
    await engine.close();
  });
});

/** Changes a letter of a text wherever it is in a file. */
function damage(file: string, text: string): number {
  const descriptor = openSync(file, 'r+');
  const data = readFileSync(file);
  let count = 0;
  for (let at = data.indexOf(text); at !== -1; at = data.indexOf(text, at + 1), count++)
    writeSync(descriptor, '#', at);
  closeSync(descriptor);
  return count;
}

describe('a row that is not as it was written', () => {
  async function filled(): Promise<string> {
    const directory = newDirectory();
    const scene = new Scene(await openIn(directory), new Machine());
    await scene.put('/a/good', 'good');
    await scene.put('/a/worth', 'a value worth keeping');
    await scene.engine.close();
    return directory;
  }

  it('is neither served nor built upon, by a server that runs', async () => {
    const directory = await filled();
    const scene = new Scene(await openIn(directory), new Machine());
    expect(damage(join(directory, 'data.mdb'), 'worth keeping')).toBeGreaterThan(0);
    expect(scene.values('/a/good')).toEqual(['/a/good=good']);
    const damaged = /the row of "\/a\/worth" in the table entries is damaged/;
    expect(() => scene.engine.reads.get('/a/worth')).toThrow(damaged);
    expect(() => scene.values('/a')).toThrow(damaged);
    expect((await failureOf(() => scene.put('/a/worth', 'new'))).code).toBe('damaged');
    await scene.engine.close();
  });

  it('is named where the store is opened, or verified, and the rest can be salvaged', async () => {
    const directory = await filled();
    const whole = await verifyDirectory(directory, noPause);
    expect(whole).toMatchObject({ problems: [], rows: { entries: 2, log: 2 } });
    damage(join(directory, 'data.mdb'), 'worth keeping');
    const row = /the row "\/a\/worth" of the table entries: is not as it was written/;
    await expect(openIn(directory)).rejects.toThrow(row);
    expect((await verifyDirectory(directory, noPause)).problems.join()).toMatch(row);
    const into = newDirectory();
    const repaired = await repairInto(into, directory);
    expect(repaired.entries).toBe(1);
    expect(repaired.problems.join()).toMatch(row);
    const scene = new Scene(await openIn(into), new Machine());
    expect(scene.values()).toEqual(['/a/good=good']);
    expect(scene.engine.reads.revision).toBe(2);
    expect(scene.engine.epoch).not.toBe(whole.epoch);
    await scene.put('/a/worth', 'new');
    expect(scene.engine.reads.get('/a/worth')?.modRevision).toBe(3);
    await scene.engine.close();
  });
});

describe('a store whose log is newer than its tables', () => {
  it('S1 is salvaged as it was, with the values that its entries name and no others', async () => {
    const directory = newDirectory();
    const long = (text: string) => text.padEnd(5_000, '.');
    const first = new Scene(await openIn(directory), new Machine());
    for (let i = 0; i < 20; i++) await first.put(`/a/${i}`, long(`old ${i}`));
    await first.engine.close();
    const scene = new Scene(await openIn(directory), new Machine());
    await scene.put('/a/1', 'short');
    await scene.put('/a/2', long('new'));
    await scene.delete('/a/3');
    await scene.put('/b', long('new'));
    // As a process leaves it that is killed.
    const copy = newDirectory();
    cpSync(directory, copy, { recursive: true });
    const into = newDirectory();
    const repaired = await repairInto(into, copy);
    expect(repaired).toEqual({ entries: 20, revision: 24, problems: [] });
    const { rows, problems } = await verifyDirectory(into, noPause);
    expect({ rows, problems }).toMatchObject({ rows: { entries: 20, values: 19 }, problems: [] });
    const salvaged = new Scene(await openIn(into), new Machine());
    expect(salvaged.values()).toEqual(scene.values());
    await Promise.all([salvaged.engine.close(), scene.engine.close()]);
  });
});

describe('a log that is damaged', () => {
  it('S1 is salvaged up to the damage', async () => {
    const directory = newDirectory();
    const writer = new Child('one', directory);
    await writer.said(31);
    await writer.kill();
    const file = join(directory, 'wal-0');
    const log = readFileSync(file);
    log[20 * 4_096 + 50] = 0xff;
    writeFileSync(file, log);
    await expect(openIn(directory)).rejects.toThrow('wal-0 is damaged at byte 81920');
    const into = newDirectory();
    const repaired = await repairInto(into, directory);
    expect(repaired.problems.join()).toMatch(/wal-0 is damaged at byte 81920; what is behind/);
    expect(repaired.revision).toBeGreaterThan(10);
    const engine = await openIn(into);
    expect(engine.reads.revision).toBe(repaired.revision);
    await engine.close();
  });
});

describe('a file that is whole', () => {
  it('S1 is never called damaged, whatever LMDB has done to it', { timeout: 120_000 }, async () => {
    const directory = newDirectory();
    const scene = new Scene(await openIn(directory), new Machine());
    const random = new SeededRandom(3).next;
    for (let round = 0; round < (isLong ? 640 : 64); round++) {
      const operations = Array.from({ length: 800 }, () => ({
        type: 'put' as const,
        path: `/k/${Math.floor(random() * 2_000)}`,
        value: String(round).repeat(1 + Math.floor(random() * 40)),
      }));
      await scene.commit(operations);
      if (round % 50 === 49)
        await scene.engine.maintenance.compact(scene.engine.reads.revision - 5);
      const file = LmdbFile.open(join(directory, 'data.mdb'));
      const checking = checkRows(file);
      let step = checking.next();
      while (step.done !== true) step = checking.next();
      file.close();
      expect(step.value.problems, `round ${round}`).toEqual([]);
    }
    await scene.engine.close();
    expect((await verifyDirectory(directory, noPause)).problems).toEqual([]);
  });
});

describe('a file that is damaged anywhere', () => {
  it('S1 is refused, or gives all that was written: never less, and never the end of the process', async () => {
    const directory = newDirectory();
    const scene = new Scene(await openIn(directory), new Machine());
    for (let i = 0; i < 300; i++)
      await scene.put(`/k/${i % 90}`, `${i} `.repeat(i % 17 === 0 ? 900 : 30));
    await scene.deleteSubtree('/k/3');
    await scene.engine.maintenance.compact(100);
    const expected = scene.values();
    const history = scene.history(100);
    await scene.engine.close();
    const file = join(directory, 'data.mdb');
    const right = readFileSync(file);
    const random = new SeededRandom(7).next;
    let refused = 0;
    for (let round = 0; round < 150; round++) {
      const data = Buffer.from(right);
      const at = Math.floor(random() * data.length);
      if (round % 3 === 0) data[at] = (data[at] ?? 0) ^ (1 << Math.floor(random() * 8));
      else if (round % 3 === 1) data.fill(0, at - (at % 4_096), at - (at % 4_096) + 4_096);
      else data.fill(data.subarray(4_096, 8_192), at - (at % 512), at - (at % 512) + 512);
      writeFileSync(file, data);
      const opened = await openIn(directory).catch((error: unknown) => String(error));
      if (typeof opened === 'string') {
        expect(opened, `round ${round}`).toMatch(/data\.mdb|confer\.json/);
        refused++;
        continue;
      }
      const again = new Scene(opened, new Machine());
      expect(again.values(), `round ${round}`).toEqual(expected);
      expect(again.history(100), `round ${round}`).toEqual(history);
      await again.engine.close();
    }
    expect(refused).toBeGreaterThan(60);
  });
});
