import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { failureOf, Rig, TestClock } from '../contract/rig.contract.ts';
import type { Engine } from '../engine.ts';
import { REQUEST_KEPT_MS } from '../request-memory.ts';
import { openLmdbEngine } from './open.ts';

const temporary = mkdtempSync(join(tmpdir(), 'confer-lmdb-'));
afterAll(() => rmSync(temporary, { recursive: true }));

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

function openIn(directory: string, machine = new Machine()): Promise<Engine> {
  return openLmdbEngine({
    directory,
    clock: machine,
    uptimeMs: () => machine.ranMs,
    random: Math.random,
    newId: () => `id-${names++}`,
    defer: setImmediate,
    pid: process.pid,
    segmentBytes: 64 * 1024,
  });
}

const put = (path: string, value = 'v') => ({ type: 'put', path, value }) as const;

describe('a large commit', () => {
  it('S1 that removes large values copies none of them', async () => {
    const directory = newDirectory();
    const rig = new Rig(await openIn(directory), new Machine());
    const value = 'x'.repeat(1024 * 1024);
    for (let i = 0; i < 60; i++) await rig.put(`/big/${i}`, value);
    const before = readFileSync(join(directory, 'data.mdb')).length;
    await rig.deleteSubtree('/big');
    expect(rig.fed.at(-1)).toMatchObject({ withoutPrev: true });
    expect(rig.engine.entryCount).toBe(0);
    await rig.engine.close();
    expect(readFileSync(join(directory, 'data.mdb')).length - before).toBeLessThan(8 * 1024 * 1024);
    const again = new Rig(await openIn(directory), new Machine());
    expect(again.values()).toEqual([]);
    expect(again.values('/big/7', 60)[0]).toHaveLength('/big/7='.length + value.length);
    await again.engine.close();
  });

  it('S4 is known while a compaction drops it, a step at a time', async () => {
    const rig = new Rig(await openIn(newDirectory()), new Machine());
    const operations = Array.from({ length: 1_800 }, (_, i) => put(`/a/${i}`));
    const first = await rig.commit(operations, { requestId: 'large' });
    await rig.put('/a/0', 'newer');
    let isOver = false;
    const compaction = rig.engine.compact(rig.engine.revision).finally(() => {
      isOver = true;
    });
    while (!isOver) {
      expect(await rig.commit(operations, { requestId: 'large' })).toEqual(first);
      await new Promise(setImmediate);
    }
    await compaction;
    expect(await rig.commit(operations, { requestId: 'large' })).toEqual(first);
    expect(rig.engine.get('/a/0')?.value).toBe('newer');
    await rig.engine.close();
  });
});

describe('a clock that is set', () => {
  it.each([
    ['back an hour, and right again', -3_600_000],
    ['forward a year, and right again', 365 * 86_400_000],
  ])('S4 %s: times rise, and no write is made twice', async (_, stepMs) => {
    const directory = newDirectory();
    const machine = new Machine();
    let rig = new Rig(await openIn(directory, machine), machine);
    const first = await rig.put('/a', '1', { requestId: 'once' });
    machine.time += stepMs;
    await rig.put('/b', '2');
    await rig.engine.compact(rig.engine.revision);
    expect(await rig.put('/a', 'again', { requestId: 'once' })).toEqual(first);
    await rig.engine.close();
    machine.time -= stepMs;
    rig = new Rig(await openIn(directory, machine), machine);
    await rig.put('/c', '3');
    await rig.engine.compact(rig.engine.revision - 1);
    expect(await rig.put('/a', 'again', { requestId: 'once' })).toEqual(first);
    const times = ['/a', '/b', '/c'].map((path) => rig.engine.get(path)?.updatedAt ?? 0);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    machine.pass(REQUEST_KEPT_MS + 1);
    await rig.engine.compact(rig.engine.revision);
    expect((await rig.put('/a', 'again', { requestId: 'once' })).revision).toBeGreaterThan(
      first.revision,
    );
    await rig.engine.close();
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
    engine.onHealth((health) => told.push(health.kind));
    const rig = new Rig(engine, new Machine());
    await rig.put('/a', '1');
    take(join(directory, 'data.mdb'));
    expect((await failureOf(() => rig.put('/a', '2'))).code).toBe('unavailable');
    const word = how === 'replaced' ? 'replaced' : 'removed';
    expect(engine.health).toMatchObject({ kind: 'failed', reason: expect.stringContaining(word) });
    expect(told).toEqual(['failed']);
    await engine.close();
  });
});

describe('a row that is not as it was written', () => {
  it('is neither served nor built upon', async () => {
    const directory = newDirectory();
    const rig = new Rig(await openIn(directory), new Machine());
    await rig.put('/a/good', 'good');
    await rig.put('/a/worth', 'a value worth keeping');
    await rig.engine.close();
    const file = join(directory, 'data.mdb');
    const data = readFileSync(file);
    for (let at = data.indexOf('worth keeping'); at !== -1; at = data.indexOf('worth keeping', at))
      data[at] = 'W'.charCodeAt(0);
    writeFileSync(file, data);
    const again = new Rig(await openIn(directory), new Machine());
    expect(again.values('/a/good')).toEqual(['/a/good=good']);
    const damage = /the row of "\/a\/worth" in the table entries is damaged/;
    expect(() => again.engine.get('/a/worth')).toThrow(damage);
    expect(() => again.values('/a')).toThrow(damage);
    expect((await failureOf(() => again.put('/a/worth', 'new'))).code).toBe('damaged');
    await again.engine.close();
  });
});
