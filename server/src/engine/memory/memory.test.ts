import type { Clock } from '@confer/shared';
import { describe, expect, it } from 'vitest';
import { describeEngine } from '../contract/engine.contract.ts';
import { type EngineTestOptions, failureOf, Scene, TestClock } from '../contract/scene.contract.ts';
import type { Engine } from '../engine.ts';
import { MemoryDisk } from './disk.ts';
import { openMemoryEngine } from './memory.ts';

const disks = new WeakMap<Engine, MemoryDisk>();
let ids = 0;
const newId = () => `epoch-${ids++}`;

function openOn(disk: MemoryDisk, clock: Clock, options: EngineTestOptions = {}): Engine {
  const engine = openMemoryEngine({ clock, newId, disk, ...options });
  disks.set(engine, disk);
  return engine;
}

describeEngine('the memory engine', {
  open: (clock, options) => openOn(new MemoryDisk(), clock, options),
  reopen: (closed, clock) => openOn(disks.get(closed) ?? new MemoryDisk(), clock),
});

describe('a memory disk', () => {
  it('S1 keeps what was acknowledged through a crash, and takes no more from before it', async () => {
    const disk = new MemoryDisk();
    const crashed = new Scene(openOn(disk, new TestClock()), new TestClock());
    await crashed.put('/a', '1');
    const lost = crashed.put('/a', 'lost');
    const again = new Scene(openOn(disk, new TestClock()), new TestClock());
    expect((await failureOf(() => lost)).code).toBe('unavailable');
    expect(again.values()).toEqual(['/a=1']);
    expect(again.engine.epoch).toBe(crashed.engine.epoch);
  });

  it('gives every new history an epoch of its own', () => {
    const open = () => openMemoryEngine({ clock: new TestClock(), newId });
    expect(open().epoch).not.toBe(open().epoch);
  });
});
