import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { failureOf, Scene, TestClock } from '../contract/scene.contract.ts';
import type { Before, Engine } from '../engine.ts';
import { openLmdbEngine } from './open.ts';

const temporary = mkdtempSync(join(tmpdir(), 'confer-before-'));
afterAll(() => rmSync(temporary, { recursive: true }));

let names = 0;
const newId = () => `id-${names++}`;
const newDirectory = () => join(temporary, newId());

/** Too long to lie in a row, so that it lies apart. */
const long = (text: string) => text.padEnd(5_000, '.');

class Told {
  readonly engine: Engine;
  readonly scene: Scene;
  /** What each change replaced, in the order of the feed, as nobody has read it yet. */
  readonly befores: (Before | undefined)[] = [];

  private constructor(engine: Engine) {
    this.engine = engine;
    const { befores } = this;
    // The scene reads at once what it is told: here that waits.
    const feed = {
      consume: () =>
        engine.feed.consume((event) => {
          if (event.kind !== 'commits') return;
          for (const { changes } of event.commits)
            for (const { before } of changes) befores.push(before);
        }),
    };
    const { name, supports, epoch, timelines, reads, writes, health, maintenance } = engine;
    const same = { name, supports, epoch, timelines, reads, writes, health, maintenance };
    this.scene = new Scene({ ...same, feed, close: () => engine.close() }, new TestClock());
  }

  static async open(directory = newDirectory()): Promise<Told> {
    const clock = new TestClock();
    const engine = await openLmdbEngine({
      directory,
      clock,
      uptimeMs: () => clock.time,
      random: Math.random,
      newId,
      defer: setImmediate,
      pid: process.pid,
      segmentBytes: 64 * 1024,
    });
    return new Told(engine);
  }
}

describe('what a change replaced', () => {
  it('S1 is read later as it was then, whatever was written since and wherever it lies by now', async () => {
    const { scene, engine, befores } = await Told.open();
    // Some of one transaction each, some with others; some segments of the log and checkpoints.
    for (let i = 0; i < 20; i++) await scene.put('/a', long(`alone ${i}`));
    await Promise.all(Array.from({ length: 20 }, (_, i) => scene.put('/a', long(`beside ${i}`))));
    await scene.delete('/a');
    await scene.put('/a', 'short');
    await scene.put('/a', long('é"\n\u{1f600}'));
    await scene.put('/a', 'x'.repeat(40_000));
    await scene.commit([{ type: 'put', path: '/a', value: 'end' }]);
    const each = (how: string) => Array.from({ length: 20 }, (_, i) => long(`${how} ${i}`));
    const expected = [...each('alone'), ...each('beside')];
    const last = ['short', long('é"\n\u{1f600}'), 'x'.repeat(40_000)];
    expect(befores.map((before) => before?.entry().value)).toEqual([
      undefined,
      ...expected,
      undefined,
      ...last,
    ]);
    expect(befores.at(-1)?.entry()).toMatchObject({ path: '/a', modRevision: 44, version: 3 });
    await engine.close();
  });

  it('W10 takes no memory for a long value, and says how much it takes', async () => {
    const { scene, engine, befores } = await Told.open();
    await scene.put('/a', 'x'.repeat(100_000));
    await scene.put('/a', 'x'.repeat(900));
    await scene.put('/a', 'end');
    expect(befores.map((before) => before?.valueLength)).toEqual([undefined, 100_000, 900]);
    expect(befores[1]?.heldLength).toBeLessThan(500);
    expect(befores[2]?.heldLength).toBeGreaterThanOrEqual(900);
    await engine.close();
  });

  it('W3 is compacted, and not damaged, once a compaction has let it go', async () => {
    const { scene, engine, befores } = await Told.open();
    for (let i = 0; i < 6; i++) await scene.put('/a', long(`${i}`));
    await engine.maintenance.compact(4);
    const codes = [];
    for (const before of befores.slice(1, 4))
      codes.push((await failureOf(() => before?.entry())).code);
    expect(codes).toEqual(['compacted', 'compacted', 'compacted']);
    expect(befores.slice(4).map((before) => before?.entry().value)).toEqual([long('3'), long('4')]);
    expect(engine.health.current).toEqual({ kind: 'well' });
    await engine.close();
  });

  it('is damaged where its value is, which no longer keeps a write from replacing it', async () => {
    const directory = newDirectory();
    const first = await Told.open(directory);
    await first.scene.put('/a', long('a value worth keeping'));
    await first.engine.close();
    const { scene, engine, befores } = await Told.open(directory);
    const file = join(directory, 'data.mdb');
    const at = readFileSync(file).indexOf('worth keeping');
    expect(at).toBeGreaterThan(0);
    const descriptor = openSync(file, 'r+');
    writeSync(descriptor, '#', at);
    closeSync(descriptor);
    expect((await failureOf(() => engine.reads.get('/a'))).code).toBe('damaged');
    await scene.put('/a', 'new');
    expect((await failureOf(() => befores[0]?.entry())).code).toBe('damaged');
    expect(engine.reads.get('/a')?.value).toBe('new');
    await engine.close();
  });
});
